"""Two ways to fit a generator: through PyTorch, on any device, and by compiled loops on a CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segprior.adam import Adam
from segprior.config import PriorConfig
from segprior.layers import CPU, PLAIN, Layers
from segprior.networks import Generator

__all__ = ["CompiledEngine", "Engine", "TorchEngine", "cpu_engine"]

# Below about 240 x 160 pixels the quick layers save less arithmetic than their calls cost.
_QUICK_FROM = 40_000
# Loading the compiled loops takes half a second and compiling them, once, some 15: they are for
# long fits. The choice depends on nothing that leaves a member's prior as it is, such as the number
# of members or of snapshots, since the engines agree up to rounding only.
_COMPILED_FROM = 3_000_000  # pixels * iterations of one member
_LEAST_SIDE = 64


class Engine(Protocol):
    """One or several generators, on their way to an image."""

    def forward(self) -> list[float]:
        """Generate; return each member's mean absolute error."""

    def update(self) -> None:
        """Take one step of the optimiser from the last forward pass."""

    def output(self, place: int) -> NDArray[np.float32]:
        """Copy what a member generated last, (rows, columns, C)."""

    def features(self, block: str, place: int) -> NDArray[np.float32]:
        """Copy what a block of a member gave last, (rows', columns', width)."""


class TorchEngine:
    """Members as groups of channels of one network.

    Parameters
    ----------
    target : Tensor of float32, shape (1, C, rows, columns)
        The image, in [0, 1].
    seeds : sequence of int
        One per member.
    config : PriorConfig
        Learning rate and noise.
    device : torch.device
        Where to compute.
    layers : Layers
        ``layers.CPU`` takes one member.
    noise_seed : int, optional
        Seed of one noise for all members; without it each draws its own.
    """

    def __init__(
        self,
        target: Tensor,
        seeds: Sequence[int],
        config: PriorConfig,
        device: torch.device,
        layers: Layers = PLAIN,
        noise_seed: int | None = None,
    ) -> None:
        order = torch.channels_last
        self.members = len(seeds)
        self.network = Generator(seeds, target.shape[1], config.noise_channels, layers)
        noise = self.network.noise(target.shape[2], target.shape[3], config.noise_scale, noise_seed)
        self.noise = noise.to(device, memory_format=order)
        self.target = target.to(device, memory_format=order)
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


class CompiledEngine:
    """One member by :mod:`segprior.compiled`; starts from the weights and noise of the other.

    Parameters
    ----------
    target, config, noise_seed
        As in `TorchEngine`; both sides at least 64.
    seed : int
        Of the member.

    Raises
    ------
    ImportError
        If Numba is not there.
    """

    def __init__(
        self, target: Tensor, seed: int, config: PriorConfig, noise_seed: int | None = None
    ) -> None:
        from segprior.compiled import CompiledGenerator

        network = Generator([seed], target.shape[1], config.noise_channels)
        noise = network.noise(target.shape[2], target.shape[3], config.noise_scale, noise_seed)
        weights = {name: weight.detach() for name, weight in network.named_parameters()}
        self.adam = Adam(weights.values(), config.learning_rate)
        self.names = list(weights)
        self.generator = CompiledGenerator(
            {name: weight.numpy() for name, weight in weights.items()},
            noise[0].permute(1, 2, 0).numpy(),
            target[0].permute(1, 2, 0).numpy(),
        )

    def forward(self) -> list[float]:
        """See `Engine`."""
        return [self.generator.forward()]

    def update(self) -> None:
        """See `Engine`."""
        gradients = self.generator.backward()
        self.adam.step([torch.from_numpy(gradients[name].copy()) for name in self.names])

    def output(self, place: int) -> NDArray[np.float32]:
        """See `Engine`."""
        return self.generator.output()

    def features(self, block: str, place: int) -> NDArray[np.float32]:
        """See `Engine`."""
        return self.generator.features(block)


def cpu_engine(
    target: Tensor, config: PriorConfig, noise_seed: int | None = None
) -> Callable[[int], Engine]:
    """Choose how members are fitted on a CPU; returns what makes the engine of one, by its seed."""
    pixels = target.shape[2] * target.shape[3]
    long = pixels * config.iterations >= _COMPILED_FROM
    if long and min(target.shape[2:]) >= _LEAST_SIDE and find_spec("numba") is not None:
        return lambda seed: CompiledEngine(target, seed, config, noise_seed)
    layers = CPU if pixels >= _QUICK_FROM else PLAIN
    cpu = torch.device("cpu")
    return lambda seed: TorchEngine(target, [seed], config, cpu, layers, noise_seed)
