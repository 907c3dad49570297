from __future__ import annotations

import numpy as np
import pytest
import torch

from segprior.nn.compiled.adam import ArrayAdam

# Numba compiles once for all tests of one process.
pytestmark = pytest.mark.xdist_group("compiled")


def test_it_takes_the_steps_of_torch_optim() -> None:
    rng = np.random.default_rng(0)
    start = {"a": rng.random((3, 4), np.float32), "b": np.ones(5, np.float32)}
    theirs = {name: torch.from_numpy(p.copy()).requires_grad_() for name, p in start.items()}
    adam, expected = ArrayAdam(start, 0.01), torch.optim.Adam(theirs.values(), lr=0.01)
    for _ in range(7):
        gradients = {
            name: rng.random(p.shape, np.float32) - np.float32(0.3) for name, p in start.items()
        }
        adam.step(gradients)
        for name, p in theirs.items():
            p.grad = torch.from_numpy(gradients[name])
        expected.step()
    for name, first in start.items():
        np.testing.assert_allclose(adam.parameters[name], theirs[name].detach(), rtol=1e-5)
        assert not np.array_equal(adam.parameters[name], first)
