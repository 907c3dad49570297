"""The table of two label maps, of which all region scores are made."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segprior.errors import ImageError

__all__ = [
    "DENSE",
    "ROOMY",
    "Contingency",
    "as_labels",
    "best_of_columns",
    "best_of_rows",
    "compact",
    "contingency",
    "covering_of",
    "join_columns",
    "rand_index_of",
    "variation_of",
]

# Cells of a dense table; beyond them the pairs that occur are found by sorting.
DENSE = 2**24
# Cells for each pair, where the pairs are known already, up to which a dense table is faster.
ROOMY = 64


class Contingency(NamedTuple):
    """How often each pair of labels meets in a pixel; only pairs that do are listed.

    Attributes
    ----------
    rows, columns : ndarray of int, shape (P,)
        The label of the first and of the second map, counted from 0 without gaps in the order of
        their values. Sorted by row, then column.
    counts : ndarray of int, shape (P,)
        Pixels of each pair.
    row_sizes, column_sizes : ndarray of int
        Pixels of each label of the first and of the second map.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    counts: NDArray[np.intp]
    row_sizes: NDArray[np.intp]
    column_sizes: NDArray[np.intp]


def contingency(first: ArrayLike, second: ArrayLike) -> Contingency:
    """Count the pairs of labels of two maps.

    Parameters
    ----------
    first, second : array_like of int, shape (H, W)
        Any labels; 0 is one of them.

    Returns
    -------
    Contingency

    Raises
    ------
    ImageError
        If the maps are not whole numbers of one shape (H, W).

    Examples
    --------
    >>> table = contingency([[1, 1], [7, 7]], [[0, 4], [4, 4]])
    >>> table.rows, table.columns, table.counts
    (array([0, 0, 1]), array([0, 1, 1]), array([1, 1, 2]))
    """
    a, b = compact(as_labels(first)), compact(as_labels(second))
    if a.shape != b.shape:
        raise ImageError(f"label maps of shapes {a.shape} and {b.shape}; pass the same for both")
    row_sizes, column_sizes = np.bincount(a.ravel()), np.bincount(b.ravel())
    width = len(column_sizes)
    pairs = (a * width + b).ravel()
    if len(row_sizes) * width <= DENSE:
        table = np.bincount(pairs, minlength=len(row_sizes) * width)
        cells = np.flatnonzero(table)
        counts = table[cells]
    else:
        cells, counts = np.unique(pairs, return_counts=True)
    return Contingency(cells // width, cells % width, counts, row_sizes, column_sizes)


def join_columns(table: Contingency, into: NDArray[Any]) -> Contingency:
    """Return the table that there would be if labels of the second map were one.

    Parameters
    ----------
    table : Contingency
    into : ndarray of int, shape (C,)
        A label of any kind for each of the second map's; what has the same becomes one.

    Returns
    -------
    Contingency
        The same as of the label maps themselves.
    """
    column_of = compact(into)
    sizes = _summed(column_of, table.column_sizes)
    keys = table.rows * len(sizes) + column_of[table.columns]
    if len(table.row_sizes) * len(sizes) <= ROOMY * len(keys):
        sums = np.bincount(keys, weights=table.counts)
        cells = np.flatnonzero(sums)
        counts = sums[cells].astype(np.intp)
    else:
        cells, place = np.unique(keys, return_inverse=True)
        counts = _summed(place, table.counts)
    return Contingency(cells // len(sizes), cells % len(sizes), counts, table.row_sizes, sizes)


def best_of_rows(table: Contingency) -> NDArray[np.float64]:
    """Best intersection over union of each label of the first map, shape (R,), in (0, 1]."""
    starts = np.searchsorted(table.rows, np.arange(len(table.row_sizes)))
    best: NDArray[np.float64] = np.maximum.reduceat(_ious(table), starts)
    return best


def best_of_columns(table: Contingency) -> NDArray[np.float64]:
    """Best intersection over union of each label of the second map, shape (C,), in (0, 1]."""
    best = np.zeros(len(table.column_sizes))
    np.maximum.at(best, table.columns, _ious(table))
    return best


def covering_of(table: Contingency) -> float:
    """Mean over pixels of the best intersection over union of their label in the first map."""
    return float(table.row_sizes @ best_of_rows(table) / table.row_sizes.sum())


def rand_index_of(table: Contingency) -> float:
    """Share of the pairs of pixels on which the maps agree.

    Raises
    ------
    ImageError
        If there is one pixel, so no pair.
    """
    pixels = float(table.row_sizes.sum())
    if pixels < 2:
        raise ImageError("a label map of 1 pixel has no pairs of pixels; pass 2 pixels or more")
    sizes = (table.row_sizes, table.column_sizes, table.counts)
    rows, columns, cells = (float(np.square(n, dtype=np.float64).sum()) for n in sizes)
    return 1 - (rows + columns - 2 * cells) / (pixels * (pixels - 1))


def variation_of(table: Contingency) -> float:
    """Variation of information in bits."""
    pixels = table.row_sizes.sum()
    rows, columns, cells = (
        _entropy(n / pixels) for n in (table.row_sizes, table.column_sizes, table.counts)
    )
    # Rounding may leave a trace below 0 where the segments are the same.
    return max(0.0, 2 * cells - rows - columns)


def as_labels(labels: ArrayLike) -> NDArray[Any]:
    """Check that this is a label map.

    Raises
    ------
    ImageError
        If it is not an array of whole numbers of shape (H, W).
    """
    array = np.asarray(labels)
    if array.ndim != 2 or array.dtype.kind not in "bui" or not array.size:
        raise ImageError(
            f"labels of shape {array.shape} and type {array.dtype}; "
            "pass whole numbers of shape (H, W)"
        )
    return array


def compact(labels: NDArray[Any]) -> NDArray[np.intp]:
    """Number the labels from 0 without gaps, in their order."""
    low, high = int(labels.min()), int(labels.max())
    if high - low > 4 * labels.size:
        ranks: NDArray[np.intp] = np.unique(labels, return_inverse=True)[1]
        return ranks.reshape(labels.shape)
    # Subtraction wraps in the labels' own type where that is unsigned or the labels far from 0.
    shifted = labels.astype(np.intp) - low if high <= np.iinfo(np.intp).max else labels - low
    shifted = shifted.astype(np.intp, copy=False)
    rank = np.cumsum(np.bincount(shifted.ravel()) > 0) - 1
    found: NDArray[np.intp] = rank[shifted]
    return found


def _summed(place: NDArray[np.intp], counts: NDArray[np.intp]) -> NDArray[np.intp]:
    # Sums of pixels are exact in float64, in which NumPy adds up weights.
    return np.bincount(place, weights=counts).astype(np.intp)


def _ious(table: Contingency) -> NDArray[np.float64]:
    union = table.row_sizes[table.rows] + table.column_sizes[table.columns] - table.counts
    ious: NDArray[np.float64] = table.counts / union
    return ious


def _entropy(shares: NDArray[np.float64]) -> float:
    return float(-(shares @ np.log2(shares)))
