"""Contours that were found on a small image, brought to the edges of the large one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.image.resize import resize

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "CELL",
    "INNER",
    "MOST_CHANNELS",
    "RADIUS",
    "SMALLEST_RATIO",
    "Guide",
    "box",
    "chunks",
    "first_shape",
    "follow_edges",
    "near_contours",
]

SMALLEST_RATIO = 1.4
"""How much larger than labels an image must be for their contours to be brought to its edges."""

# Of the guided filter: reach of its windows, variance of the image below which it does not guide,
# and how often it is applied at the first size. Measured with benchmarks/full_size.py.
RADIUS = 6
_EPS = 1e-4
_ROUNDS = 2
_WIDTH = 2 * RADIUS + 1
# Sides of the cells and blocks, in pixels, in which it is looked where contours are.
CELL, _BLOCK = 4, 32
INNER = slice(2 * RADIUS, -2 * RADIUS)
"""The block in a patch, which has what two windows reach around it."""
# Blocks worked on at a time, which take some 10 MB with three channels.
_AT_ONCE = 32
MOST_CHANNELS = 3


def first_shape(shape: tuple[int, int], full: tuple[int, int]) -> tuple[int, int] | None:
    """The first size at which contours are looked for again.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns at which they were found.
    full : (int, int)
        Those of the image.

    Returns
    -------
    (int, int) or None
        ``full`` halved until it is less than 2.8 times ``shape``; None if it is less than 1.4
        times as large to begin with.

    Examples
    --------
    >>> first_shape((192, 256), (3000, 4000)), first_shape((192, 256), (300, 340))
    ((375, 500), None)
    """
    least = SMALLEST_RATIO * max(shape)
    if max(full) < least:
        return None
    while max(full) // 2 >= least and min(full) >= 2 * _BLOCK:
        full = full[0] // 2, full[1] // 2
    return full


def follow_edges(labels: NDArray[Any], image: NDArray[np.float32]) -> NDArray[Any]:
    """Bring the contours of a mask or a label map to the edges of a larger image.

    At each of the sizes of the image, from that of the labels up, doubled each time, every label
    near a contour is filtered, guided by the image there, and each pixel gets the label that is
    strongest after that; at the first size twice. Away from contours nothing is computed.

    Parameters
    ----------
    labels : ndarray of bool or int, shape (h, w)
        Of the shape that :func:`first_shape` gives.
    image : ndarray of float32, shape (H, W, C)
        In [0, 1].

    Returns
    -------
    ndarray of the type of ``labels``, shape (H, W)
        No label is lost.

    Raises
    ------
    ValueError
        If the labels have another shape.

    Notes
    -----
    It is the guided filter [1]_ on blocks of 32 pixels that a contour runs through. Of more than
    three channels up to three linear discriminants of the labels guide it.

    References
    ----------
    .. [1] He, Sun, Tang: Guided Image Filtering. ECCV 2010; TPAMI 2013,
       doi:10.1109/TPAMI.2012.213.
    """
    sizes = [image.shape[:2]]
    while sizes[-1] != labels.shape:
        sizes.append((sizes[-1][0] // 2, sizes[-1][1] // 2))
        if max(sizes[-1]) < max(labels.shape):
            raise ValueError(
                f"labels of {labels.shape} for an image of {sizes[0]}; see first_shape"
            )
    images = [image]
    for size in sizes[1:]:
        images.append(resize(images[-1], size))
    axes = discriminants(labels, images[-1]) if image.shape[2] > MOST_CHANNELS else None
    rounds = _ROUNDS
    while images:
        level = images.pop()
        labels = _enlarged(labels, level.shape[:2])
        for _ in range(rounds):
            labels = _pass(labels, level, axes)
        rounds = 1
    return labels


def _enlarged(labels: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Repeat each pixel; the filter smooths what that leaves of steps."""
    if labels.shape == shape:
        return labels
    rows, columns = (np.arange(n) * m // n for n, m in zip(shape, labels.shape, strict=True))
    larger: NDArray[Any] = labels[rows][:, columns]
    return larger


def discriminants(labels: NDArray[Any], image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Directions of unit length along which the labels differ most, (C, K)."""
    from scipy.linalg import eigh

    values = image.reshape(-1, image.shape[2]).astype(np.float64)
    values -= values.mean(axis=0)
    number, which = np.unique(labels, return_inverse=True)
    areas = np.bincount(which.ravel())
    means = np.stack(
        [np.bincount(which.ravel(), channel) / areas for channel in values.T], axis=1
    )  # (n, C)
    between = np.einsum("n,nc,nd->cd", areas / areas.sum(), means, means)
    within = np.einsum("pc,pd->cd", values, values) / len(values) - between
    count = min(MOST_CHANNELS, max(1, len(number) - 1))
    _, axes = eigh(between, within + _EPS * np.eye(len(within)))
    axes = axes[:, ::-1][:, :count]
    unit: NDArray[np.float32] = (axes / np.linalg.norm(axes, axis=0)).astype(np.float32)
    return unit


def _pass(
    labels: NDArray[Any], image: NDArray[np.float32], axes: NDArray[np.float32] | None
) -> NDArray[Any]:
    """Filter once, where contours are; a label that would be lost by it stays."""
    near, blocks = near_contours(labels)
    if not len(blocks):
        return labels
    found = labels.copy()
    for rows, columns, few in chunks(labels, blocks):
        guide = image[rows, columns]  # (P, P, n, C)
        if axes is not None:
            guide = np.einsum("pqnc,ck->pqnk", guide, axes)
        patch = labels[rows, columns]
        strongest = _strongest(patch, Guide(guide), few)
        at = rows[INNER], columns[:, INNER]
        keep = ~near[at[0] // CELL, at[1] // CELL]
        strongest[keep] = patch[INNER, INNER][keep]
        found[at] = strongest
    _without_specks(found)
    return _with_lost(found, labels)


def _without_specks(labels: NDArray[Any]) -> None:
    """Give single pixels, whose label no neighbour has, that of the one above."""
    lonely = np.ones(labels.shape, bool)
    for axis in (0, 1):
        ahead, behind = (
            tuple(part if a == axis else slice(None) for a in (0, 1))
            for part in (slice(1, None), slice(None, -1))
        )
        other = labels[ahead] != labels[behind]
        np.logical_and(lonely[ahead], other, out=lonely[ahead])
        np.logical_and(lonely[behind], other, out=lonely[behind])
    rows, columns = np.nonzero(lonely)
    labels[rows, columns] = labels[np.where(rows > 0, rows - 1, 1), columns]


def _with_lost(found: NDArray[Any], before: NDArray[Any]) -> NDArray[Any]:
    if before.dtype == bool:
        return before if found.all() or not found.any() else found
    least = int(before.max(initial=0)) + 1
    there = np.bincount(before.ravel(), minlength=least) > 0
    kept = np.zeros(least, bool)
    while True:  # what is put back may be all that another label had
        lost = there & (np.bincount(found.ravel(), minlength=least) == 0)
        if not lost.any():
            return found
        kept |= lost
        again = kept[before]
        found[again] = before[again]


def near_contours(labels: NDArray[Any]) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Whether a cell is beside a contour, and the blocks, (n, 2), that hold such cells."""
    edge = np.zeros(labels.shape, bool)
    edge[1:] = labels[1:] != labels[:-1]
    edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    cells = np.pad(_any(edge, CELL), 1)
    for axis in (0, 1):
        cells |= np.roll(cells, 1, axis) | np.roll(cells, -1, axis)
    cells = cells[1:-1, 1:-1]
    return cells, np.argwhere(_any(cells, _BLOCK // CELL))


def _any(values: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """Whether any value of a square is true."""
    rows, columns = values.shape
    values = np.pad(values, ((0, -rows % side), (0, -columns % side)))
    squares = values.reshape(values.shape[0] // side, side, values.shape[1] // side, side)
    joined: NDArray[np.bool_] = np.any(squares, axis=(1, 3))
    return joined


def chunks(
    labels: NDArray[Any], blocks: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], bool]]:
    """Indices of rows, (P, 1, n), and columns, (1, P, n), of blocks and what is around them.

    Those of two labels come first, and then, with False, the others. Beyond the border stand the
    pixels on it.
    """
    places = []
    for axis, size in enumerate(labels.shape):
        span = np.arange(-2 * RADIUS, min(_BLOCK, size) + 2 * RADIUS)
        # The last block may begin further up, so that all are whole.
        start = np.minimum(blocks[:, axis] * _BLOCK, max(0, size - _BLOCK))
        places.append(np.clip(span[:, None] + start, 0, size - 1))
    rows, columns = places[0][:, None], places[1][None]
    few = np.ones(len(blocks), bool)
    if labels.dtype != bool:
        for first in range(0, len(blocks), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            patch = labels[rows[..., part], columns[..., part]]
            low, high = patch.min(axis=(0, 1)), patch.max(axis=(0, 1))
            few[part] = ((patch == low) | (patch == high)).all(axis=(0, 1))
    for two in (True, False):
        chosen = np.flatnonzero(few == two)
        for first in range(0, len(chosen), _AT_ONCE):
            these = chosen[first : first + _AT_ONCE]
            yield rows[..., these], columns[..., these], two


def _strongest(patch: NDArray[Any], guide: Guide, few: bool) -> NDArray[Any]:
    """The label with the largest filtered indicator, of the inner pixels of patches (P, P, n)."""
    if few:
        low, high = patch.min(axis=(0, 1)), patch.max(axis=(0, 1))
        one: NDArray[Any] = np.where(guide.filtered(patch == high) > 0.5, high, low)
        return one
    present = [np.unique(patch[..., n]) for n in range(patch.shape[2])]
    best = found = None
    for slot in range(max(map(len, present))):
        # A patch with fewer labels sees its first one again, which is no stronger than before.
        label = np.array([one[min(slot, len(one) - 1)] for one in present], patch.dtype)
        strength = guide.filtered(patch == label)
        if best is None or found is None:
            best, found = strength, np.broadcast_to(label, strength.shape).copy()
            continue
        better = strength > best
        best = np.where(better, strength, best)
        found = np.where(better, label, found)
    assert found is not None
    return found


class Guide:
    """The guided filter of many patches at once, with what depends on the image made once.

    Parameters
    ----------
    patches : ndarray of float32, shape (P, P, n, C)
        Of the image.
    """

    def __init__(self, patches: NDArray[np.float32]) -> None:
        # Differences of sums lose less where values are around 0.
        values = np.moveaxis(patches - patches.mean(axis=(0, 1), keepdims=True), 3, 0)
        self._values = np.ascontiguousarray(values)  # (C, P, P, n)
        self._means = [box(one) for one in self._values]
        self._inner = self._values[:, INNER, INNER]
        # The covariance in each window, as the product of a triangle and its transpose.
        self._triangle: list[list[NDArray[np.float32]]] = []
        for a, (one, mean) in enumerate(zip(self._values, self._means, strict=True)):
            row: list[NDArray[np.float32]] = []
            for b in range(a + 1):
                spread = box(one * self._values[b]) - mean * self._means[b]
                for c in range(b):
                    spread -= row[c] * (self._triangle[b][c] if b < a else row[c])
                if a == b:
                    row.append(np.sqrt(np.maximum(spread, 0) + np.float32(_EPS)))
                else:
                    spread /= self._triangle[b][b]
                    row.append(spread)
            self._triangle.append(row)

    def filtered(self, inside: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Filter an indicator, (P, P, n), for the inner pixels, (B, B, n)."""
        source = inside.astype(np.float32)
        level = box(source)
        slopes: list[NDArray[np.float32]] = []
        for a, (one, mean) in enumerate(zip(self._values, self._means, strict=True)):
            joint = box(one * source) - mean * level
            for b in range(a):
                joint -= self._triangle[a][b] * slopes[b]
            joint /= self._triangle[a][a]
            slopes.append(joint)
        for a in range(len(slopes) - 1, -1, -1):
            for b in range(a + 1, len(slopes)):
                slopes[a] -= self._triangle[b][a] * slopes[b]
            slopes[a] /= self._triangle[a][a]
        for slope, mean in zip(slopes, self._means, strict=True):
            level -= slope * mean
        found = box(level)
        for slope, one in zip(slopes, self._inner, strict=True):
            found += box(slope) * one
        return found


def box(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over the windows that lie within patches (P, Q, n), smaller by the radius around."""
    for axis in (0, 1):
        values = _sums(values, axis)
    values *= np.float32(1 / _WIDTH**2)
    return values


def _sums(values: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Sums of as many neighbours as a window is wide, by doubling."""

    def part(of: NDArray[np.float32], start: int, length: int) -> NDArray[np.float32]:
        return of[start : start + length] if axis == 0 else of[:, start : start + length]

    length = values.shape[axis] - _WIDTH + 1
    total: NDArray[np.float32] | None = None
    start, width = 0, 1
    while width <= _WIDTH:
        if _WIDTH & width:
            piece = part(values, start, length)
            total = piece.copy() if total is None else np.add(total, piece, out=total)
            start += width
        size = values.shape[axis] - width
        values = part(values, 0, size) + part(values, width, size)
        width *= 2
    assert total is not None
    return total
