"""Fit one generator by compiled loops, on a CPU."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segprior.config.prior import PriorConfig
from segprior.nn.compiled.adam import ArrayAdam
from segprior.nn.compiled.generator import CompiledGenerator, absolute_error
from segprior.nn.shared.initial import Source, flat, initial_noise, initial_weights

__all__ = ["CompiledEngine"]


class CompiledEngine:
    """One member by :mod:`segprior.nn.compiled.generator`.

    Parameters
    ----------
    target : ndarray of float32, shape (rows, columns, C)
        The image, in [0, 1].
    seed : int
        Of the member.
    config : PriorConfig
        Learning rate and noise.
    noise_seed : int, optional
        Seed of the noise, where members share one.
    """

    def __init__(
        self,
        target: NDArray[np.float32],
        seed: int,
        config: PriorConfig,
        noise_seed: int | None = None,
    ) -> None:
        source = Source(seed)
        weights = initial_weights(source, target.shape[2], config.noise_channels)
        if noise_seed is not None:
            source = Source(noise_seed)
        size = (config.noise_channels, *target.shape[:2])
        noise = initial_noise(source, size, config.noise_scale)
        self.adam = ArrayAdam(flat(weights), config.learning_rate)
        rows, columns, channels = target.shape
        self.generator = CompiledGenerator(rows, columns, channels, config.noise_channels)
        self.noise = np.ascontiguousarray(noise.transpose(1, 0, 2))  # (rows, N, columns)
        self.target = np.ascontiguousarray(target.transpose(0, 2, 1))  # (rows, C, columns)
        self.gradient = np.empty_like(self.target)

    def forward(self) -> list[float]:
        """See `Engine`."""
        self.generated = self.generator.forward(self.adam.weights, self.noise)
        return [absolute_error(self.gradient, self.generated, self.target)]

    def update(self) -> None:
        """See `Engine`."""
        self.adam.step(self.generator.backward(self.adam.weights, self.gradient))

    def output(self, place: int) -> NDArray[np.float32]:
        """See `Engine`."""
        return np.ascontiguousarray(self.generated.transpose(0, 2, 1))

    def features(self, block: str, place: int) -> NDArray[np.float32]:
        """See `Engine`."""
        return self.generator.features(block)
