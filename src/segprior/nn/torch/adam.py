"""Adam on PyTorch's tensors.

``torch.optim`` brings in PyTorch's compiler the first time an optimiser is made, which takes as
long as fitting a small image. The update is the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from segprior.nn.shared.constants import ADAM_BETA1, ADAM_BETA2, ADAM_EPS

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Adam"]


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
        rate = self.learning_rate / (1 - ADAM_BETA1**self.steps)
        with torch.no_grad():
            torch._foreach_lerp_(self.means, gradients, 1 - ADAM_BETA1)
            torch._foreach_mul_(self.squares, ADAM_BETA2)
            torch._foreach_addcmul_(self.squares, gradients, gradients, 1 - ADAM_BETA2)
            deviations = torch._foreach_sqrt(self.squares)
            torch._foreach_div_(deviations, (1 - ADAM_BETA2**self.steps) ** 0.5)
            torch._foreach_add_(deviations, ADAM_EPS)
            torch._foreach_addcdiv_(self.parameters, self.means, deviations, -rate)
