from __future__ import annotations

import numpy as np
import torch

from segprior.nn.compiled.adam import ArrayAdam


def test_it_takes_the_steps_of_torch_optim() -> None:
    rng = np.random.default_rng(0)
    start = rng.random(37, np.float32)
    theirs = torch.from_numpy(start.copy()).requires_grad_()
    adam, expected = ArrayAdam(start.copy(), 0.01), torch.optim.Adam([theirs], lr=0.01)
    for _ in range(7):
        gradient = rng.random(37, np.float32) - np.float32(0.3)
        adam.step(gradient)
        theirs.grad = torch.from_numpy(gradient)
        expected.step()
    np.testing.assert_allclose(adam.weights, theirs.detach(), rtol=1e-5)
    assert not np.array_equal(adam.weights, start)
