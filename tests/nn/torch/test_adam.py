from __future__ import annotations

import subprocess
import sys

import torch

from segprior.nn.torch.adam import Adam


def test_it_takes_the_steps_of_torch_optim() -> None:
    source = torch.Generator().manual_seed(0)
    start = [torch.rand(3, 4, dtype=torch.float64, generator=source), torch.ones(5).double()]
    ours = [p.clone() for p in start]
    theirs = [p.clone().requires_grad_() for p in start]
    adam, expected = Adam(ours, 0.01), torch.optim.Adam(theirs, lr=0.01)
    for _ in range(7):
        gradients = [torch.rand(p.shape, dtype=p.dtype, generator=source) - 0.3 for p in start]
        adam.step(gradients)
        for p, gradient in zip(theirs, gradients, strict=True):
            p.grad = gradient
        expected.step()
    for got, wanted, first in zip(ours, theirs, start, strict=True):
        torch.testing.assert_close(got, wanted.detach(), rtol=1e-12, atol=1e-12)
        assert not torch.equal(got, first)


def test_a_fit_does_not_load_the_compiler() -> None:
    script = (
        "import sys, numpy as np, segprior\n"
        "segprior.fit_prior(np.eye(16), channel_axis=None, members=1, iterations=2)\n"
        "print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
