from __future__ import annotations

import numpy as np
import torch

from segprior.nn.shared.constants import (
    ADAM_BETA1,
    ADAM_BETA2,
    ADAM_EPS,
    BATCH_NORM_EPS,
    LEAKY_SLOPE,
)
from segprior.runtime.loops import doubles, function


def test_they_are_those_that_pytorch_takes_by_itself() -> None:
    defaults = torch.optim.Adam([torch.zeros(1)]).defaults
    assert defaults["betas"] == (ADAM_BETA1, ADAM_BETA2)
    assert defaults["eps"] == ADAM_EPS
    assert torch.nn.BatchNorm2d(1).eps == BATCH_NORM_EPS


def test_compiled_loops_hold_the_same() -> None:
    held = np.empty(5)
    function("loop_constants", doubles(), result=None)(held)
    python = ADAM_BETA1, ADAM_BETA2, ADAM_EPS, BATCH_NORM_EPS, LEAKY_SLOPE
    np.testing.assert_allclose(held, python, rtol=1e-7)
