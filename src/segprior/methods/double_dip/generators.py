"""The generators that Double-DIP fits together: each makes one image of three."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segprior.config.prior import PriorConfig
from segprior.nn.compiled.adam import ArrayAdam
from segprior.nn.compiled.generator import CompiledGenerator
from segprior.nn.shared.initial import Source, flat, initial_noise, initial_weights
from segprior.nn.torch.adam import Adam
from segprior.nn.torch.generator import Generator

__all__ = ["Loss", "Part", "as_generated", "compiled_part", "make_part", "torch_part"]

Loss = Callable[[Tensor, int, int], Tensor | None]


class Part(ABC):
    """One of the three generators, with its own losses and optimiser.

    Parameters
    ----------
    noise : Tensor, shape (1, N, rows, columns)
        What goes in.
    loss : callable
        From the output, the step and the iteration from 0, to what the output costs by itself.

    Attributes
    ----------
    source : torch.Generator
        Of the noise that is added.
    output : Tensor, shape (1, C, rows, columns)
        What was generated last.
    own : Tensor or None
        What it costs by itself.
    """

    def __init__(self, noise: Tensor, loss: Loss) -> None:
        self.noise = noise
        self.loss = loss
        self.source = torch.Generator()
        self.output = noise
        self.own: Tensor | None = None

    @abstractmethod
    def begin(self, learning_rate: float) -> None:
        """Start a step with a new optimiser."""

    @abstractmethod
    def learn(self, told: Tensor | None) -> None:
        """Go back from the own loss and from the gradient that the composed image gives."""

    @abstractmethod
    def forward(self, noise: Tensor) -> Tensor:
        """Generate an image that a loss can be taken of."""

    def generate(self, step: int, i: int, deviation: float) -> None:
        """Run forward, and keep what there is and what it costs by itself."""
        noise = self.noise
        if deviation:
            draw = torch.randn(noise.shape, generator=self.source).to(noise.device)
            noise = noise + deviation * draw
        self.output = self.forward(noise)
        self.own = self.loss(self.output, step, i)


class _TorchPart(Part):
    def __init__(self, network: Generator, noise: Tensor, loss: Loss) -> None:
        super().__init__(noise, loss)
        self.network = network
        self.weights = list(network.parameters())

    def begin(self, learning_rate: float) -> None:
        self.adam = Adam(self.weights, learning_rate)

    def forward(self, noise: Tensor) -> Tensor:
        output: Tensor = self.network(noise.contiguous(memory_format=torch.channels_last))[0]
        return output

    def learn(self, told: Tensor | None) -> None:
        starts: list[Tensor] = [] if self.own is None else [self.own]
        given: list[Tensor | None] = [None] * len(starts)
        if told is not None:
            starts.append(self.output)
            given.append(told)
        if starts:
            self.adam.step(torch.autograd.grad(starts, self.weights, given))


class _CompiledPart(Part):
    def __init__(
        self,
        weights: dict[str, NDArray[np.float32]],
        noise: Tensor,
        shape: tuple[int, int],
        loss: Loss,
    ) -> None:
        super().__init__(noise, loss)
        self.weights = flat(weights)
        self.generator = CompiledGenerator(*shape, len(weights["head"]), noise.shape[1])

    def begin(self, learning_rate: float) -> None:
        self.adam = ArrayAdam(self.weights, learning_rate)

    def forward(self, noise: Tensor) -> Tensor:
        generated = self.generator.forward(self.weights, _rows_first(noise))
        return torch.from_numpy(generated).permute(1, 0, 2)[None].requires_grad_()

    def learn(self, told: Tensor | None) -> None:
        gradient = told
        if self.own is not None:
            (gradient,) = torch.autograd.grad(self.own, self.output)
            if told is not None:
                gradient = gradient + told
        if gradient is not None:
            self.adam.step(self.generator.backward(self.weights, _rows_first(gradient)))


def _rows_first(x: Tensor) -> NDArray[np.float32]:
    """(1, C, rows, columns) to a contiguous array (rows, C, columns)."""
    array: NDArray[np.float32] = x[0].permute(1, 0, 2).contiguous().numpy()
    return array


def as_generated(x: Tensor) -> Tensor:
    """Lay (1, C, rows, columns) out in memory as the generators on its device give theirs."""
    if x.device.type == "cpu":
        return x[0].permute(1, 0, 2).contiguous().permute(1, 0, 2)[None]
    return x.contiguous(memory_format=torch.channels_last)


def make_part(
    seed: int, channels: int, shape: tuple[int, int], loss: Loss, device: torch.device
) -> Part:
    """Make a generator of images of ``channels`` and (rows, columns), and its noise."""
    if device.type == "cpu":
        return compiled_part(seed, channels, shape, loss)
    return torch_part(seed, channels, shape, loss, device)


def compiled_part(seed: int, channels: int, shape: tuple[int, int], loss: Loss) -> Part:
    """The same by compiled loops, on a CPU."""
    usual = PriorConfig()
    source = Source(seed)
    weights = initial_weights(source, channels, usual.noise_channels)
    noise = initial_noise(source, (usual.noise_channels, *shape), usual.noise_scale)
    return _CompiledPart(weights, torch.from_numpy(noise)[None], shape, loss)


def torch_part(
    seed: int, channels: int, shape: tuple[int, int], loss: Loss, device: torch.device
) -> Part:
    """The same by PyTorch, on any device."""
    usual = PriorConfig()
    network = Generator([seed], channels, usual.noise_channels)
    drawn = network.noise(*shape, usual.noise_scale).to(device)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return _TorchPart(network, drawn, loss)
