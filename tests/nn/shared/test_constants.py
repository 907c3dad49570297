from __future__ import annotations

import numpy as np
import pytest
import torch

from segprior.nn.compiled import pointwise
from segprior.nn.shared.constants import (
    ADAM_BETA1,
    ADAM_BETA2,
    ADAM_EPS,
    BATCH_NORM_EPS,
    LEAKY_SLOPE,
)


def test_they_are_those_that_pytorch_takes_by_itself() -> None:
    defaults = torch.optim.Adam([torch.zeros(1)]).defaults
    assert defaults["betas"] == (ADAM_BETA1, ADAM_BETA2)
    assert defaults["eps"] == ADAM_EPS
    assert torch.nn.BatchNorm2d(1).eps == BATCH_NORM_EPS


@pytest.mark.xdist_group("compiled")
def test_compiled_loops_hold_the_same() -> None:
    one, table = np.ones(1, np.float32), np.empty((4, 1), np.float32)
    pointwise.settle(table, np.zeros((3, 1)), 1, one, one)
    assert table[3, 0] == pytest.approx(BATCH_NORM_EPS**-0.5)
    z, norm = np.full((1, 1, 8), -1, np.float32), np.array([[1], [0], [0], [1]], np.float32)
    active = np.empty_like(z)
    pointwise.activate(active, z, norm)
    np.testing.assert_array_equal(active, -np.float32(LEAKY_SLOPE))
