"""Adam, on PyTorch's tensors and on NumPy's arrays.

``torch.optim`` brings in PyTorch's compiler the first time an optimiser is made, which takes as
long as fitting a small image. The update is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["EPS", "MEAN", "SQUARE", "Adam", "ArrayAdam"]

MEAN, SQUARE, EPS = 0.9, 0.999, 1e-8


class Adam:
    """Adam with its usual constants, for tensors.

    Parameters
    ----------
    parameters : iterable of Tensor
        What to update, in place.
    learning_rate : float
        Size of the steps.

    References
    ----------
    .. [1] Kingma, Ba: Adam: A Method for Stochastic Optimization. ICLR 2015, arXiv:1412.6980,
       algorithm 1.
    """

    def __init__(self, parameters: Iterable[Tensor], learning_rate: float) -> None:
        import torch

        self.parameters = list(parameters)
        self.learning_rate = learning_rate
        self.steps = 0
        self.means = [torch.zeros_like(p) for p in self.parameters]
        self.squares = [torch.zeros_like(p) for p in self.parameters]

    def step(self, gradients: Iterable[Tensor]) -> None:
        """Update the parameters by their gradients, given in the same order."""
        import torch

        gradients = list(gradients)
        self.steps += 1
        rate = self.learning_rate / (1 - MEAN**self.steps)
        with torch.no_grad():
            torch._foreach_lerp_(self.means, gradients, 1 - MEAN)
            torch._foreach_mul_(self.squares, SQUARE)
            torch._foreach_addcmul_(self.squares, gradients, gradients, 1 - SQUARE)
            deviations = torch._foreach_sqrt(self.squares)
            torch._foreach_div_(deviations, (1 - SQUARE**self.steps) ** 0.5)
            torch._foreach_add_(deviations, EPS)
            torch._foreach_addcdiv_(self.parameters, self.means, deviations, -rate)


class ArrayAdam:
    """The same for named float32 arrays.

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
        from segprior.nn.compiled.pointwise import adam_step

        for name, gradient in self.gradients.items():
            gradient[...] = gradients[name]
        self.steps += 1
        rate = np.float32(self.learning_rate / (1 - MEAN**self.steps))
        deviation = np.float32((1 - SQUARE**self.steps) ** 0.5)
        adam_step(self.flat, self.mean, self.square, self.gradient, rate, deviation)
