"""The parameters of the clustering network, and how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segprior.nn.shared.initial import Source

__all__ = ["Weights", "draw_weights"]

Array = NDArray[np.float32]


class Weights(NamedTuple):
    """The parameters of the network, or their gradients.

    A 3×3 convolution, ReLU and batch normalisation, once or several times over; then a 1×1
    convolution and batch normalisation. What the last of these cancels is left out, for it changes
    no response: the bias of the 1×1 convolution and the shift of the batch normalisation before.

    Attributes
    ----------
    convs : list of ndarray of float32, shapes (C, bands, 3, 3) and (C, C, 3, 3)
    biases : list of ndarray, shape (C,)
    gains : list of ndarray, shape (C,)
        Of the batch normalisation after each.
    shifts : list of ndarray, shape (C,)
        Likewise, without the last.
    head : ndarray, shape (C, C)
    head_gain, head_shift : ndarray, shape (C,)
    """

    convs: list[Array]
    biases: list[Array]
    gains: list[Array]
    shifts: list[Array]
    head: Array
    head_gain: Array
    head_shift: Array

    def flat(self) -> list[Array]:
        """All of them in one list."""
        return [
            *self.convs, *self.biases, *self.gains, *self.shifts,
            self.head, self.head_gain, self.head_shift,
        ]  # fmt: skip

    def copy(self) -> Weights:
        """The same numbers in arrays of their own."""
        lists = (self.convs, self.biases, self.gains, self.shifts)
        convs, biases, gains, shifts = ([array.copy() for array in part] for part in lists)
        head = (self.head.copy(), self.head_gain.copy(), self.head_shift.copy())
        return Weights(convs, biases, gains, shifts, *head)


def draw_weights(
    bands: int, channels: int, blocks: int, initial: Literal["normal", "uniform"], seed: int
) -> Weights:
    """Draw the weights that the network starts from.

    Parameters
    ----------
    bands : int
        Channels of the image.
    channels : int
        Channels of the response, C.
    blocks : int
        3×3 convolutions.
    initial : {"normal", "uniform"}
        Weights from N(0, 0.02) and gains from N(1, 0.02), as the DSP publication draws them, or
        weights uniform in ±1/√fan-in and gains of 1, as PyTorch does. Biases are drawn as PyTorch
        does in both cases.
    seed : int
        The same seed gives the same weights.
    """
    source = Source(seed)

    def uniform(shape: Sequence[int], fan_in: int) -> Array:
        return source.uniform(tuple(shape), -(fan_in**-0.5), fan_in**-0.5)

    def weight(*shape: int) -> Array:
        if initial == "normal":
            return source.normal(shape, 0.0, 0.02)
        return uniform(shape, shape[1] * (shape[2] * shape[3] if len(shape) > 2 else 1))

    def gain() -> Array:
        if initial == "normal":
            return source.normal((channels,), 1.0, 0.02)
        return np.ones(channels, np.float32)

    fans = [bands, *[channels] * (blocks - 1)]
    return Weights(
        convs=[weight(channels, fan, 3, 3) for fan in fans],
        biases=[uniform((channels,), 9 * fan) for fan in fans],
        gains=[gain() for _ in fans],
        shifts=[np.zeros(channels, np.float32) for _ in fans[1:]],
        head=weight(channels, channels),
        head_gain=gain(),
        head_shift=np.zeros(channels, np.float32),
    )
