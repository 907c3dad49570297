"""Adam, in one compiled loop over all weights."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.nn.shared.constants import ADAM_BETA1, ADAM_BETA2
from segprior.runtime.loops import address, function

__all__ = ["ArrayAdam"]


class _Arrays(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("weights", "mean", "square", "gradient")),
        ("size", ctypes.c_int64),
        ("rate", ctypes.c_float),
        ("deviation", ctypes.c_float),
    ]


@cache
def _step() -> Any:
    return function("adam_step", ctypes.POINTER(_Arrays), result=None)


class ArrayAdam:
    """Adam with its usual constants, for one array of float32.

    Parameters
    ----------
    weights : ndarray of float32, shape (n,)
        What to update, in place.
    learning_rate : float
        Size of the steps.
    """

    def __init__(self, weights: NDArray[np.float32], learning_rate: float) -> None:
        self.weights = weights
        self.learning_rate = learning_rate
        self.steps = 0
        self.mean, self.square = np.zeros_like(weights), np.zeros_like(weights)

    def step(self, gradient: NDArray[np.float32]) -> None:
        """Update the weights by their gradient, (n,)."""
        self.steps += 1
        arrays = (self.weights, self.mean, self.square, gradient)
        _step()(
            _Arrays(
                *(address(array, np.float32) for array in arrays),
                self.weights.size,
                self.learning_rate / (1 - ADAM_BETA1**self.steps),
                (1 - ADAM_BETA2**self.steps) ** 0.5,
            )
        )
