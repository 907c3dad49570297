"""The generator of one member, forward and backward, by compiled loops over rows.

The same function of the same weights as :class:`segprior.nn.torch.generator.Generator`, with the
same gradients up to rounding; every large tensor is written once and read a few times, because
normalisation, leaky ReLU, padding and enlarging happen to a row at a time, on its way into the next
convolution. Enlarging and convolving is done on the small grid in both directions, as
:mod:`segprior.nn.shared.bilinear` explains.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from segprior.nn.compiled import conv, pointwise, upconv
from segprior.nn.shared import bilinear
from segprior.nn.shared.constants import BATCH_NORM_EPS, LEAKY_SLOPE

__all__ = ["CompiledGenerator"]

_SLOPE = np.float32(LEAKY_SLOPE)

Array = NDArray[np.float32]


@lru_cache(maxsize=64)
def _far(size: int) -> Array:
    """How far lines ``2 c - 1`` to ``2 c + 2`` of the large image are from the small line before
    them to the one behind: (4, size and a few more), see :mod:`segprior.nn.compiled.upconv`."""
    places, c = bilinear.positions(size), np.arange(size)
    far = np.zeros((4, size + 8), np.float32)
    far[1, :size], far[2, :size] = places[::2] - c + 1, places[1::2] - c
    far[0, 1:size], far[3, : size - 1] = places[1:-2:2] - c[:-1], places[2::2] - c[:-1]
    far[3, size - 1] = 1  # like far[0, 0], of a line outside, which is given
    return far


@lru_cache(maxsize=64)
def _turned_far(size: int) -> Array:
    """Weights (8, …) by which small lines take lines of the large image in the adjoint."""
    far = _far(size)[:, :size]
    turned = np.zeros((8, size + 8), np.float32)
    turned[:2, :size], turned[4:6, :size] = far[:2], 1 - far[2:]
    turned[2:4, : size - 1] = 1 - far[:2, 1:]
    turned[6:, 1:size] = far[2:, :-1]
    return turned


@lru_cache(maxsize=64)
def _squares(size: int) -> tuple[Array, Array]:
    """Diagonal and side diagonal (2, size) of UᵀU, and column sums of U, where U enlarges."""
    products, sums = bilinear.squares(size)
    return products.astype(np.float32), sums.astype(np.float32)


class _Norm:
    """A normalisation: the moments of what it is given, and the sums its gradient needs."""

    def __init__(self, width: int, count: int) -> None:
        self.moments = np.zeros((3, width))
        self.table = np.empty((4, width), np.float32)
        self.sums = np.zeros((2, width))
        self.count = count

    def clear(self) -> NDArray[np.float64]:
        self.moments[:] = 0
        self.sums[:] = 0
        return self.moments

    def settle(self, gain: Array, shift: Array) -> Array:
        pointwise.settle(self.table, self.moments, self.count, gain, shift)
        return self.table


class _Block:
    """What one block of the network holds between its forward and its backward pass."""

    def __init__(
        self, name: str, into: int, width: int, rows: int, columns: int, last: bool
    ) -> None:
        self.name = name
        self.up = name.startswith("up")
        self.into, self.width = into, width
        self.z1, self.gradient = (np.empty((rows, width, columns), np.float32) for _ in range(2))
        # What is made again where it is needed, or in place, is not held.
        self.z2 = np.empty((0, 0, 0), np.float32) if last else np.empty_like(self.z1)
        self.output = np.empty_like(self.z1)
        self.middle = np.empty_like(self.z1)
        self.norm1, self.norm2 = (_Norm(width, rows * columns) for _ in range(2))
        if self.up:
            self.far = _far(rows // 2), _far(columns // 2)
            self.turned_far = _turned_far(rows // 2), _turned_far(columns // 2)
            self.squares = (*_squares(rows // 2), *_squares(columns // 2))
            self.kept = np.empty((rows // 2, into, columns // 2), np.float32)
            self.taps, self.mixed = (np.empty((9 * width, into), np.float32) for _ in range(2))
            self.mean = np.empty(into, np.float32)
            self.inverse = np.empty(into)


def _unflat(flat: Array) -> Array:
    return flat.reshape(len(flat), 3, 3, -1).transpose(0, 3, 1, 2)


def _apart(weight: Array, wanted: bool) -> tuple[Array, ...]:
    """Weights (O, C, 3, 3) of stride 2 as (C, taps O), packed, by what they take gradients to."""
    if not wanted:
        return (np.empty((0, 0, 4), np.float32),) * 4
    turned = weight.transpose(1, 2, 3, 0)  # (C, 3, 3, O)
    taps = slice(0, 3, 2), slice(1, 2)
    return tuple(pointwise.packed(turned[:, a, b]) for a in taps for b in taps)


class CompiledGenerator:
    """Generated image and gradients of one member.

    Parameters
    ----------
    weights : mapping of str to ndarray of float32
        By the names that :func:`segprior.nn.shared.initial.initial_weights` gives them; read anew
        at each call.
    rows, columns : int
        Of the image; multiples of 8 and at least 16.
    """

    def __init__(self, weights: Mapping[str, Array], rows: int, columns: int) -> None:
        self.weights = weights
        channels, noise_channels = len(weights["head"]), weights["blocks.down1.conv1"].shape[1]
        self.generated = np.empty((rows, channels, columns), np.float32)
        self.blocks: list[_Block] = []
        into, shrink = noise_channels, 1.0
        names = dict.fromkeys(name.split(".")[1] for name in weights if name.startswith("blocks."))
        last = list(names)[-1]
        for name in names:
            width = len(weights[f"blocks.{name}.conv1"])
            shrink = shrink / 2 if name.startswith("up") else shrink * 2
            size = int(rows // shrink), int(columns // shrink)
            self.blocks.append(_Block(name, into, width, *size, name == last))
            into = width

    def features(self, name: str) -> Array:
        """Output of a block in the last forward pass, (rows', columns', width); a copy."""
        block = next(b for b in self.blocks if b.name == name)
        z2, output = block.z2, np.empty_like(block.gradient)
        if not z2.size:
            z2, weight = output, self._packed(block, "conv2")
            pointwise.pointwise_forward(
                z2, block.z1, weight, block.norm1.table, np.zeros((3, block.width))
            )
        pointwise.activate(output, z2, block.norm2.table)
        return np.ascontiguousarray(output.transpose(0, 2, 1))

    def forward(self, noise: Array) -> Array:
        """Generate an image.

        Parameters
        ----------
        noise : ndarray of float32, shape (rows, N, columns)
            What goes in, contiguous.

        Returns
        -------
        ndarray of float32, shape (rows, C, columns)
            Overwritten by the next call.
        """
        x = noise
        self.inputs = []
        for place, block in enumerate(self.blocks):
            self.inputs.append(x)
            self._forward(place, x)
            after = self.blocks[place + 1] if place + 1 < len(self.blocks) else block
            x = block.output if after.up else block.z2
        last = self.blocks[-1]
        pointwise.head_forward(
            self.generated, last.z1, self._packed(last, "conv2"),
            pointwise.packed(self.weights["head"].transpose(0, 2, 3, 1)), self.weights["head_bias"],
            last.norm1.table, last.norm2.table,
        )  # fmt: skip
        return self.generated

    def backward(self, gradient: Array) -> dict[str, Array]:
        """Go back from the gradient of the image that was generated last.

        What it needs is overwritten: call it once after each forward pass.

        Parameters
        ----------
        gradient : ndarray of float32, shape (rows, C, columns)
            Contiguous.

        Returns
        -------
        dict of str to ndarray of float32
            Gradients by the names, and of the shapes, of the weights.
        """
        last = self.blocks[-1]
        head, gb = self.weights["head"], np.zeros(self.generated.shape[1], np.float32)
        gw = np.zeros((-(-len(gb) // 4) * 4, last.width), np.float32)
        pointwise.head_backward(
            last.gradient, gw, gb, gradient, self.generated, last.z1, self._packed(last, "conv2"),
            pointwise.packed(head.transpose(1, 2, 3, 0)), last.norm1.table, last.norm2.table,
            last.norm2.sums,
        )  # fmt: skip
        self.gradients = {"head": gw[: len(gb), :, None, None], "head_bias": gb}
        for place in range(len(self.blocks) - 1, -1, -1):
            before = self.blocks[place - 1] if place else None
            self._backward(place, self.inputs[place], before)
        return self.gradients

    def _packed(self, block: _Block, name: str) -> Array:
        """Weights of a convolution as (O, taps C), packed."""
        packed: Array = pointwise.packed(self._of(block, name).transpose(0, 2, 3, 1))
        return packed

    def _turned(self, block: _Block, name: str) -> Array:
        """The same as (C, taps O), packed."""
        packed: Array = pointwise.packed(self._of(block, name).transpose(1, 2, 3, 0))
        return packed

    def _of(self, block: _Block, name: str) -> Array:
        return self.weights[f"blocks.{block.name}.{name}"]

    def _activation(self, place: int) -> tuple[Array, np.float32]:
        """What a block that shrinks does to its input first: table and slope."""
        if place == 0:
            width = self.weights["blocks.down1.conv1"].shape[1]
            return np.array([[1], [0], [0], [1]], np.float32).repeat(width, 1), np.float32(1)
        return self.blocks[place - 1].norm2.table, _SLOPE

    def _forward(self, place: int, x: Array) -> None:
        block = self.blocks[place]
        moments = block.norm1.clear(), block.norm2.clear()
        if block.up:
            self._mix(block, x, self.blocks[place - 1])
            w = pointwise.packed(block.mixed[:, None, None])
            upconv.enlarge_forward(block.z1, x, w, *block.far, moments[0])
        else:
            w = self._packed(block, "conv1")
            conv.shrink_forward(block.z1, x, *self._activation(place), w, moments[0])
        table = block.norm1.settle(self._of(block, "gain1"), self._of(block, "shift1"))
        w = self._packed(block, "conv2")
        if block.up:
            pointwise.pointwise_forward(block.z2, block.z1, w, table, moments[1])
        else:
            conv.conv_forward(block.z2, block.z1, table, _SLOPE, w, moments[1])
        block.norm2.settle(self._of(block, "gain2"), self._of(block, "shift2"))

    def _mix(self, block: _Block, x: Array, before: _Block) -> None:
        """Activate what an enlarging convolution is given; its weights, (9 O, C), with its input's
        normalisation in them."""
        total = np.zeros((2, block.into))
        upconv.enlarged_moments(block.kept, x, before.z2, before.norm2.table, *block.squares, total)
        count = 4 * x.shape[0] * x.shape[2]
        mean = total[0] / count
        block.mean = mean.astype(np.float32)
        block.inverse = (total[1] / count - mean * mean + BATCH_NORM_EPS) ** -0.5
        factor = (self._of(block, "gain0") * block.inverse).astype(np.float32)
        block.taps.reshape(3, 3, -1, block.into)[:] = self._of(block, "conv1").transpose(2, 3, 0, 1)
        np.multiply(block.taps, factor, out=block.mixed)

    def _backward(self, place: int, x: Array, before: _Block | None) -> None:
        """From the gradient after a block's second normalisation to that of the block before."""
        block = self.blocks[place]
        one, two = block.norm1, block.norm2
        turned = self._turned(block, "conv2")
        found: dict[str, Array] = {}
        if block.up:
            gw = np.zeros((block.width, block.width), np.float32)
            pointwise.pointwise_backward(
                block.gradient, gw, block.z2, block.z1, self._packed(block, "conv2"), turned,
                two.table, two.sums, one.table, one.sums,
            )  # fmt: skip
            found["conv2"] = gw[:, :, None, None]
        else:
            gw = np.zeros((block.width, 9 * block.width), np.float32)
            conv.conv_backward(
                block.middle, gw, block.gradient, block.z2, block.z1, one.table, one.sums,
                _SLOPE, turned, two.table, two.sums,
            )  # fmt: skip
            found["conv2"] = _unflat(gw)
        if block.up:
            assert before is not None
            found |= self._enlarge_backward(block, x, before)
        else:
            gw = np.zeros((block.width, 9 * block.into), np.float32)
            dx = np.empty((0, 0, 0), np.float32) if before is None else before.gradient
            sums = one.sums if before is None else before.norm2.sums
            table, slope = self._activation(place)
            conv.shrink_backward(
                dx, gw, block.middle, block.z1, x, table, sums, slope,
                _apart(self._of(block, "conv1"), dx.size > 0), one.table, one.sums,
            )  # fmt: skip
            found["conv1"] = _unflat(gw)
        for name, norm in (("1", one), ("2", two)):
            found[f"gain{name}"] = norm.sums[1].astype(np.float32)
            found[f"shift{name}"] = norm.sums[0].astype(np.float32)
        self.gradients |= {f"blocks.{block.name}.{name}": value for name, value in found.items()}

    def _enlarge_backward(self, block: _Block, x: Array, before: _Block) -> dict[str, Array]:
        by_mixed = np.zeros_like(block.mixed)
        upconv.enlarge_backward(
            before.gradient, by_mixed, block.gradient, block.z1, x,
            pointwise.packed(block.mixed.T[:, None, None]), *block.turned_far,
            block.norm1.table, block.norm1.sums,
        )  # fmt: skip
        gain, norm = self._of(block, "gain0"), before.norm2
        by_factor = np.einsum("oc,oc->c", by_mixed, block.taps)
        by_variance = by_factor * gain * -0.5 * block.inverse**3
        _, row_sums, _, column_sums = block.squares
        factor = (by_variance * (2 / block.norm1.count)).astype(np.float32)
        upconv.variance_backward(
            before.gradient, block.kept, factor, block.mean, row_sums, column_sums,
            before.z2, norm.table, norm.sums,
        )  # fmt: skip
        by_mixed *= (gain * block.inverse).astype(np.float32)
        return {
            "conv1": by_mixed.reshape(3, 3, block.width, block.into).transpose(2, 3, 0, 1),
            "gain0": (by_factor * block.inverse).astype(np.float32),
        }
