"""What a generator starts from: its weights and its noise, drawn as PyTorch would draw them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCKS", "WIDTHS", "Source", "flat", "initial_noise", "initial_weights", "named"]

WIDTHS = (8, 16, 32)
BLOCKS = ("down1", "down2", "down3", "up3", "up2", "up1")

Array = NDArray[np.float32]


class Source:
    """Random numbers of one member: those of ``torch.Generator().manual_seed(seed)`` on a CPU.

    PyTorch's generator is the Mersenne Twister, seeded by the lower 32 bits, and its uniform
    numbers are made of the lower 24 bits of each word (aten/src/ATen/core, in
    ``MT19937RNGEngine.h`` and ``TransformationHelper.h``).

    Parameters
    ----------
    seed : int
        At least 0.
    """

    def __init__(self, seed: int) -> None:
        self._twister = np.random.RandomState(seed & 0xFFFFFFFF)
        self._spare: float | None = None

    def uniform(self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> Array:
        """Draw float32 numbers from ``low`` up to ``high``."""
        words = self._words(int(np.prod(shape)))
        shares = (words & 0xFFFFFF) * 2.0**-24
        width = np.float64(np.float32(high) - np.float32(low))
        drawn = shares * width + np.float64(np.float32(low))
        return drawn.astype(np.float32).reshape(shape)

    def normal(self, shape: tuple[int, ...], mean: float = 0.0, deviation: float = 1.0) -> Array:
        """Draw float32 normal numbers: those of ``torch.Tensor.normal_``, up to rounding."""
        size = int(np.prod(shape))
        if size < 16:
            found = np.array([self._double_normal() for _ in range(size)])
            return (found * deviation + mean).astype(np.float32).reshape(shape)
        words = self.normal_words(size)
        drawn = _pairs(words[: size // 16 * 16])
        if size % 16:
            drawn = np.concatenate([drawn, np.empty(size % 16, np.float32)])
            drawn[-16:] = _pairs(words[size:])
        return (drawn * np.float32(deviation) + np.float32(mean)).reshape(shape)

    def _double_normal(self) -> float:
        """One of a pair of double precision, the other of which is kept."""
        if self._spare is not None:
            found, self._spare = self._spare, None
            return found
        first, second = (self._double() for _ in range(2))
        far, angle = np.sqrt(-2 * np.log1p(-second)), 2 * np.pi * first
        self._spare = float(far * np.sin(angle))
        return float(far * np.cos(angle))

    def _double(self) -> float:
        high, low = self._words(2).astype(np.uint64)
        return float(((high << np.uint64(32)) | low) & np.uint64(2**53 - 1)) * 2.0**-53

    def normal_words(self, size: int) -> NDArray[np.uint32]:
        """Draw what PyTorch makes ``size`` normal numbers of, at least 16: one word for each.

        Where there are not sixteen left at the end, the last sixteen numbers are made anew, of
        sixteen more (aten/src/ATen/native/cpu/DistributionTemplates.h, ``normal_fill``).
        """
        return self._words(size + 16 if size % 16 else size)

    def _words(self, count: int) -> NDArray[np.uint32]:
        return np.frombuffer(self._twister.bytes(4 * count), "<u4")


def _pairs(words: NDArray[np.uint32]) -> Array:
    """Box and Muller's pairs of sixteen words each, eight numbers apart."""
    shares = ((words & 0xFFFFFF) * np.float32(2.0**-24)).astype(np.float32).reshape(-1, 2, 8)
    far = np.sqrt(-2 * np.log(1 - shares[:, 0]))
    angle = np.float32(2 * np.pi) * shares[:, 1]
    return np.stack([far * np.cos(angle), far * np.sin(angle)], 1).ravel()


def initial_weights(source: Source, channels: int, noise_channels: int) -> dict[str, Array]:
    """Draw the weights of one member.

    Convolutions start uniform in ±1/√(numbers that go into one output), as PyTorch's do.

    Parameters
    ----------
    source : Source
        Moves on.
    channels : int
        Channels of the image.
    noise_channels : int
        Channels of the noise that goes in.

    Returns
    -------
    dict of str to ndarray of float32
        By block and name (``"blocks.up2.conv1"``), in the order of the layers.
    """
    weights: dict[str, Array] = {}
    into = noise_channels
    for name, width in zip(BLOCKS, (*WIDTHS, *reversed(WIDTHS)), strict=True):
        up = name.startswith("up")
        block = {"conv1": _weight(source, width, into, 3)}
        block["conv2"] = _weight(source, width, width, 1 if up else 3)
        if up:
            block["gain0"] = np.ones(into, np.float32)
        block |= {f"gain{i}": np.ones(width, np.float32) for i in (1, 2)}
        block |= {f"shift{i}": np.zeros(width, np.float32) for i in (1, 2)}
        weights |= {f"blocks.{name}.{key}": value for key, value in block.items()}
        into = width
    weights["head"] = _weight(source, channels, into, 1)
    weights["head_bias"] = source.uniform((channels,), -(into**-0.5), into**-0.5)
    return weights


def flat(weights: Mapping[str, Array]) -> Array:
    """Put weights one after the other, (n,): as the compiled generator takes them."""
    return np.concatenate([value.ravel() for value in weights.values()])


def named(array: Array, like: Mapping[str, Array]) -> dict[str, Array]:
    """Views of a flat array by the names and shapes of weights."""
    ends = np.cumsum([value.size for value in like.values()])
    parts = np.split(array, ends[:-1])
    return {
        name: part.reshape(value.shape)
        for (name, value), part in zip(like.items(), parts, strict=True)
    }


def _weight(source: Source, out: int, into: int, side: int) -> Array:
    bound = (into * side * side) ** -0.5
    return source.uniform((out, into, side, side), -bound, bound)


def initial_noise(source: Source, size: tuple[int, int, int], scale: float) -> Array:
    """Draw noise (channels, rows, columns) = ``size``: uniform, ``scale`` wide, around 0."""
    return (source.uniform(size) - np.float32(0.5)) * np.float32(scale)
