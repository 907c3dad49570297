"""From the working size to the full size, and the cleaning of masks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["between", "enlarge", "enlarge_labels", "label_strips"]

# Numbers held at once while a map is enlarged: 8 MB.
STRIP_NUMBERS = 2**21


def enlarge(
    maps: NDArray[np.float32], shape: tuple[int, int]
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Enlarge maps bilinearly, a strip of rows at a time.

    Pixels are areas, so the first and the last sample lie half a pixel inside the border; beyond
    them the map is constant.

    Parameters
    ----------
    maps : ndarray of float32, shape (K, h, w)
        Maps over the same image.
    shape : (int, int)
        Rows and columns to enlarge to.

    Yields
    ------
    rows : slice
        Which rows of the enlarged maps follow.
    strip : ndarray of float32, shape (K, rows, W)
        The maps there. Writing into it is allowed.
    """
    height, width = shape
    low, high, share = between(maps.shape[2], width)
    wide = maps[..., low]
    wide += share * (maps[..., high] - wide)  # (K, h, W)
    low, high, share = between(maps.shape[1], height)
    step = max(1, STRIP_NUMBERS // (len(maps) * width))
    for top in range(0, height, step):
        rows = slice(top, min(top + step, height))
        strip = wide[:, low[rows]]
        strip += share[rows, None] * (wide[:, high[rows]] - strip)
        yield rows, strip


def enlarge_labels(labels: NDArray[np.int32], shape: tuple[int, int]) -> NDArray[np.int32]:
    """Enlarge a label map with smooth boundaries; no label is lost.

    Parameters
    ----------
    labels : ndarray of int32, shape (h, w)
    shape : (int, int)
        Rows and columns to enlarge to, no fewer than there are.

    Returns
    -------
    ndarray of int32, shape (H, W)
        At each pixel the label that would be the largest there if the indicators of all labels
        were enlarged bilinearly. A label that is the largest nowhere keeps its nearest pixels.
    """
    if labels.shape == shape:
        return labels
    found = np.empty(shape, np.int32)
    for rows, strip in label_strips(labels, shape):
        found[rows] = strip
    present = np.unique(labels)
    down, across = (np.arange(n) * m // n for n, m in zip(shape, labels.shape, strict=True))
    nearest = labels[down[:, None], across]
    lost = np.isin(nearest, np.setdiff1d(present, found))
    found[lost] = nearest[lost]
    return found if len(np.unique(found)) == len(present) else nearest


def label_strips(
    labels: NDArray[np.int32], shape: tuple[int, int]
) -> Iterator[tuple[slice, NDArray[np.int32]]]:
    """Enlarge a label map as :func:`enlarge_labels` does, a strip of rows at a time.

    Labels that are the largest nowhere are lost.

    Yields
    ------
    rows : slice
    strip : ndarray of int32, shape (rows, W)
    """
    left, right, share = between(labels.shape[1], shape[1])
    above, below, depth = between(labels.shape[0], shape[0])
    # Most pixels lie between four samples of one label, and have it.
    mixed = _mixed(labels)
    step = max(1, STRIP_NUMBERS // (8 * shape[1]))
    for top in range(0, shape[0], step):
        rows = slice(top, min(top + step, shape[0]))
        first = above[rows.start]
        wide = slice(first, above[rows.stop - 1] + 1)
        strip = labels[wide][:, left][above[rows] - first]
        row, column = np.nonzero(mixed[wide][:, left][above[rows] - first])
        if len(row):
            strip[row, column] = _elected(
                labels,
                (above[rows][row], below[rows][row], depth[rows][row]),
                (left[column], right[column], share[column]),
            )
        yield rows, strip


def _mixed(labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether a sample, the one below, the one to the right and the one between differ."""
    mixed = np.zeros(labels.shape, np.bool_)
    down, across = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    mixed[:-1] |= down
    mixed[:, :-1] |= across
    mixed[:-1, :-1] |= down[:, 1:]
    return mixed


def _elected(
    labels: NDArray[np.int32],
    down: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]],
    across: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]],
) -> NDArray[np.int32]:
    """The label with the most weight among the four samples around each of some pixels."""
    (above, below, depth), (left, right, share) = down, across
    corners = [labels[r, c] for r in (above, below) for c in (left, right)]
    weights = [a * b for a in (1 - depth, depth) for b in (1 - share, share)]
    best = np.full(len(depth), -1, np.float32)
    found = np.empty(len(depth), np.int32)
    for label in corners:
        votes = np.zeros(len(depth), np.float32)
        for other, weight in zip(corners, weights, strict=True):
            votes += np.where(other == label, weight, np.float32(0))
        better = votes > best
        best[better] = votes[better]
        found[better] = label[better]
    return found


def between(size: int, full: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """For each of ``full`` samples the two of ``size`` it lies between, and how far along."""
    position = np.clip((np.arange(full) + 0.5) * size / full - 0.5, 0, size - 1)
    low = np.floor(position).astype(np.intp)
    high = np.minimum(low + 1, size - 1)
    return low, high, (position - low).astype(np.float32)
