"""The three generators by PyTorch, on any device; the reference of the compiled loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segprior.config.prior import PriorConfig
from segprior.methods.double_dip.engine import (
    BACKGROUND,
    FOREGROUND,
    LEAST_APART,
    MASK,
    PARTS,
    Aims,
)
from segprior.nn.torch.adam import Adam
from segprior.nn.torch.generator import Generator
from segprior.runtime.seeding import member_seed

__all__ = ["TorchLayers", "push", "within"]

Array = NDArray[np.float32]


def within(hint: Tensor, layer: Tensor, image: Tensor) -> Tensor:
    """Mean absolute error of a layer inside its hint, a number.

    Parameters
    ----------
    hint : Tensor, shape (1, 1, rows, columns)
        1 inside, 0 elsewhere; not 0 everywhere.
    layer, image : Tensor, shape (1, C, rows, columns)
    """
    return (hint * (layer - image)).abs().mean() / hint.mean()


def push(mask: Tensor) -> Tensor:
    """Return what is small where a mask is near 0 and 1: 1 / mean |mask - 1/2|."""
    return 1 / (mask - 0.5).abs().mean().clamp_min(LEAST_APART)


class TorchLayers:
    """See :class:`segprior.methods.double_dip.engine.Engine`.

    Parameters
    ----------
    target : ndarray of float32, shape (rows, columns, C)
    hint : ndarray, shape (rows, columns)
        1 foreground, -1 background, 0 unknown.
    seed : int
    device : str or torch.device
    """

    def __init__(
        self, target: Array, hint: NDArray[Any], seed: int, device: str | torch.device = "cpu"
    ) -> None:
        order, usual = torch.channels_last, PriorConfig()
        rows, columns, channels = target.shape
        self.target = torch.from_numpy(target).permute(2, 0, 1)[None]
        self.target = self.target.to(device, memory_format=order)
        hints = torch.from_numpy(hint.astype(np.float32))[None, None].to(device)
        self.inside = [(hints * sign > 0).to(self.target) for sign in (1, -1)]
        self.guess = (self.inside[FOREGROUND] - self.inside[BACKGROUND] + 1) / 2
        self.networks: list[Generator] = []
        self.noises: list[Tensor] = []
        for k in PARTS:
            width = 1 if k == MASK else channels
            network = Generator([member_seed(seed, k)], width, usual.noise_channels)
            drawn = network.noise(rows, columns, usual.noise_scale).to(device)
            network.to(device, memory_format=order)  # type: ignore[call-overload]
            self.networks.append(network)
            # The two layers share their input.
            self.noises.append(self.noises[FOREGROUND] if k == BACKGROUND else drawn)
        self.sources = [torch.Generator().manual_seed(member_seed(seed, 3 + k)) for k in PARTS]
        self.outputs: list[Tensor] = [self.target] * len(PARTS)
        self.own: list[Tensor | None] = [None] * len(PARTS)
        self.told: list[Tensor | None] = [None] * len(PARTS)

    def begin(self, learning_rate: float) -> None:
        """See `Engine`."""
        self.adams = [Adam(network.parameters(), learning_rate) for network in self.networks]

    def generate(self, part: int, deviation: float, aims: Aims) -> float:
        """See `Engine`."""
        noise = self.noises[part]
        if deviation:
            draw = torch.randn(noise.shape, generator=self.sources[part]).to(noise.device)
            noise = noise + deviation * draw
        output = self.networks[part](noise.contiguous(memory_format=torch.channels_last))[0]
        self.outputs[part], self.told[part] = output, None
        self.own[part] = self._own(part, output, aims) if aims.of(part) else None
        own = self.own[part]
        return 0.0 if own is None else own.item()

    def _own(self, part: int, output: Tensor, aims: Aims) -> Tensor:
        if part != MASK:
            return within(self.inside[part], output, self.target)
        if aims.guess:
            return (output - self.guess).abs().mean()
        return aims.push * push(output)

    def compare(self, weight: float) -> tuple[float, float]:
        """See `Engine`."""
        with torch.no_grad():
            fore, back, mask = self.outputs
            difference = fore - back
            error = torch.addcmul(back, mask, difference).sub_(self.target)
            errors = error.abs().mean().item(), error.square().mean().item()
            if weight:
                # The gradient of weight * mean |error| by the composed image, and the chain rule.
                told = error.sign_().mul_(weight / error.numel())
                by_fore = mask * told
                by_mask = difference.mul_(told).sum(1, keepdim=True)
                self.told = [by_fore, told.sub_(by_fore), by_mask]
        return errors

    def learn(self, part: int) -> None:
        """See `Engine`."""
        starts: list[Tensor] = []
        given: list[Tensor | None] = []
        own, told = self.own[part], self.told[part]
        if own is not None:
            starts.append(own)
            given.append(None)
        if told is not None:
            starts.append(self.outputs[part])
            given.append(told)
        if starts:
            weights = self.adams[part].parameters
            self.adams[part].step(torch.autograd.grad(starts, weights, given))

    def images(self) -> tuple[Array, Array, Array]:
        """See `Engine`."""
        fore, back, mask = (
            output.detach()[0].permute(1, 2, 0).cpu().numpy().copy(order="C")
            for output in self.outputs
        )
        return fore, back, mask[..., 0]
