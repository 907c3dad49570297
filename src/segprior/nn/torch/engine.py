"""Fit generators through PyTorch, on any device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segprior.config.prior import PriorConfig
from segprior.nn.torch.adam import Adam
from segprior.nn.torch.generator import Generator

__all__ = ["TorchEngine"]


class TorchEngine:
    """Members as groups of channels of one network; see :class:`segprior.nn.shared.engine.Engine`.

    Parameters
    ----------
    target : ndarray of float32, shape (rows, columns, C)
        The image, in [0, 1].
    seeds : sequence of int
        One per member.
    config : PriorConfig
        Learning rate and noise.
    device : str or torch.device
        Where to compute.
    noise_seed : int, optional
        Seed of one noise for all members; without it each draws its own.
    """

    def __init__(
        self,
        target: NDArray[np.float32],
        seeds: Sequence[int],
        config: PriorConfig,
        device: str | torch.device = "cpu",
        noise_seed: int | None = None,
    ) -> None:
        order = torch.channels_last
        rows, columns, channels = target.shape
        self.members = len(seeds)
        self.network = Generator(seeds, channels, config.noise_channels)
        noise = self.network.noise(rows, columns, config.noise_scale, noise_seed)
        self.noise = noise.to(device, memory_format=order)
        self.target = torch.from_numpy(target).permute(2, 0, 1)[None]
        self.target = self.target.to(device, memory_format=order)
        self.network.to(device, memory_format=order)  # type: ignore[call-overload]
        self.adam = Adam(self.network.parameters(), config.learning_rate)

    def forward(self) -> list[float]:
        """See `Engine`."""
        self.generated, self.blocks = self.network(self.noise)  # (1, M*C, rows, columns)
        apart = self.generated.unflatten(1, (self.members, -1))
        self.errors = (apart - self.target[:, None]).abs().mean((0, 2, 3, 4))  # (M,)
        losses: list[float] = self.errors.tolist()
        return losses

    def update(self) -> None:
        """See `Engine`."""
        self.adam.step(torch.autograd.grad(self.errors.sum(), self.adam.parameters))

    def output(self, place: int) -> NDArray[np.float32]:
        """See `Engine`."""
        return self._taken(self.generated, place)

    def features(self, block: str, place: int) -> NDArray[np.float32]:
        """See `Engine`."""
        return self._taken(self.blocks[block], place)

    def _taken(self, x: Tensor, place: int) -> NDArray[np.float32]:
        part = x.detach()[0].unflatten(0, (self.members, -1))[place].permute(1, 2, 0)
        taken: NDArray[np.float32] = part.cpu().numpy().copy(order="C")
        return taken
