"""Adam, in one compiled loop over all weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from segprior.nn.shared.constants import ADAM_BETA1, ADAM_BETA2, ADAM_EPS
from segprior.runtime.compilation import jit

__all__ = ["ArrayAdam", "adam_step"]


class ArrayAdam:
    """Adam with its usual constants, for named float32 arrays.

    Parameters
    ----------
    parameters : mapping of str to ndarray of float32
        What to start from; copied.
    learning_rate : float
        Size of the steps.

    Attributes
    ----------
    parameters : dict of str to ndarray of float32
        What is updated, in place.
    """

    def __init__(self, parameters: Mapping[str, NDArray[np.float32]], learning_rate: float) -> None:
        self.flat = np.concatenate([value.ravel() for value in parameters.values()])
        self.parameters = self._parts(self.flat, parameters)
        self.learning_rate = learning_rate
        self.steps = 0
        self.mean, self.square, self.gradient = (np.zeros_like(self.flat) for _ in range(3))
        self.gradients = self._parts(self.gradient, parameters)

    @staticmethod
    def _parts(
        flat: NDArray[np.float32], like: Mapping[str, NDArray[np.float32]]
    ) -> dict[str, NDArray[np.float32]]:
        ends = np.cumsum([value.size for value in like.values()])
        parts = np.split(flat, ends[:-1])
        return {
            name: part.reshape(value.shape)
            for (name, value), part in zip(like.items(), parts, strict=True)
        }

    def step(self, gradients: Mapping[str, NDArray[np.float32]]) -> None:
        """Update the parameters by their gradients, given under the same names."""

        for name, gradient in self.gradients.items():
            gradient[...] = gradients[name]
        self.steps += 1
        rate = np.float32(self.learning_rate / (1 - ADAM_BETA1**self.steps))
        deviation = np.float32((1 - ADAM_BETA2**self.steps) ** 0.5)
        adam_step(self.flat, self.mean, self.square, self.gradient, rate, deviation)


_KEPT, _KEPT_SQUARE = np.float32(1 - ADAM_BETA1), np.float32(1 - ADAM_BETA2)


@jit
def adam_step(weights, mean, square, gradient, rate, deviation):
    """Adam's update of flat arrays in place: see :class:`segprior.nn.compiled.adam.ArrayAdam`."""
    for j in range(weights.size):
        g = gradient[j]
        mean[j] += _KEPT * (g - mean[j])
        square[j] = square[j] * np.float32(ADAM_BETA2) + _KEPT_SQUARE * g * g
        spread = np.sqrt(square[j]) / deviation + np.float32(ADAM_EPS)
        weights[j] -= rate * mean[j] / spread
