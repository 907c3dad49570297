"""Scores of the boundaries between segments, as the Berkeley benchmark defines them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segprior.errors import ConfigError, ImageError
from segprior.metrics.tables import as_labels

__all__ = [
    "MAX_DISTANCE",
    "BoundaryCounts",
    "boundary_counts",
    "label_boundaries",
    "match_boundaries",
    "thin",
]

MAX_DISTANCE = 0.0075

# Distances are counted in whole hundredths of a pixel, as in the benchmark: their sums are exact.
_HUNDREDTHS = 100
# Cost of leaving a pixel alone, in greatest distances; so large that the number of matches decides
# before their distances do.
_ALONE = 100


class BoundaryCounts(NamedTuple):
    """Boundary pixels of one image at one setting.

    Attributes
    ----------
    matched_truth, truth : int
        Pixels of the true boundaries that have a partner, and all, over all annotators.
    matched_prediction, prediction : int
        Pixels of the thinned prediction that have a partner at any annotator, and all.
    """

    matched_truth: int
    truth: int
    matched_prediction: int
    prediction: int


def label_boundaries(labels: ArrayLike) -> NDArray[np.bool_]:
    """Mark the pixels that differ from a neighbour to the right, below, or diagonally in between.

    This is the benchmark's rule at image size: a pixel stands for the corner that it shares with
    those three neighbours.

    Parameters
    ----------
    labels : array_like of int, shape (H, W)
        Label map.

    Returns
    -------
    ndarray of bool, shape (H, W)

    Raises
    ------
    ImageError
        If ``labels`` is not an array of whole numbers of shape (H, W).

    Examples
    --------
    >>> label_boundaries([[1, 1, 2], [1, 1, 2]]).astype(int)
    array([[0, 1, 0],
           [0, 1, 0]])
    """
    array = as_labels(labels)
    below = array[1:] != array[:-1]
    right = array[:, 1:] != array[:, :-1]
    found = np.zeros(array.shape, bool)
    found[:-1] |= below
    found[:, :-1] |= right
    # Where the corner lies inside the image, all four edges that meet in it count.
    found[:-1, :-1] |= below[:, 1:] | right[1:]
    return found


def thin(boundaries: ArrayLike) -> NDArray[np.bool_]:
    """Thin boundaries until they are one pixel wide.

    Parameters
    ----------
    boundaries : array_like of bool, shape (H, W)
        Boundary map.

    Returns
    -------
    ndarray of bool, shape (H, W)
        A part of the boundaries, connected as they are.

    Raises
    ------
    ImageError
        If the map has not the shape (H, W) or is not one of 0 and 1.

    References
    ----------
    Z. Guo, R. W. Hall: Parallel thinning with two-subiteration algorithms. Communications of the
    ACM 32(3), 1989. doi:10.1145/62065.62074
    """
    from skimage.morphology import thin as thin_fully

    found: NDArray[np.bool_] = thin_fully(_as_map(boundaries))
    return found


def match_boundaries(
    truth: ArrayLike, prediction: ArrayLike, max_distance: float = MAX_DISTANCE
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Pair as many pixels of two boundary maps as possible, as near to each other as possible.

    Parameters
    ----------
    truth, prediction : array_like of bool, shape (H, W)
        Boundary maps, one pixel wide.
    max_distance : float
        Greatest distance of a pair, as a share of the image diagonal.

    Returns
    -------
    matched_truth, matched_prediction : ndarray of bool, shape (H, W)
        The pixels of either map that have a partner, equally many.

    Raises
    ------
    ImageError
        If the maps have not one shape (H, W) or are not of 0 and 1.
    ConfigError
        If ``max_distance`` is negative or not finite.

    Notes
    -----
    One assignment problem: every pixel of the smaller map takes a pixel of the other, at the cost
    of their distance, or stays alone, at a hundred times the greatest distance.

    References
    ----------
    D. Martin, C. Fowlkes, J. Malik: Learning to detect natural image boundaries using local
    brightness, color, and texture cues. TPAMI 26(5), 2004. doi:10.1109/TPAMI.2004.1273918

    Examples
    --------
    >>> a, b = match_boundaries([[1, 0, 0, 0]], [[0, 1, 0, 1]], max_distance=0.3)
    >>> b.astype(int)
    array([[0, 1, 0, 0]])
    """
    first, second = _as_map(truth), _as_map(prediction)
    if first.shape != second.shape:
        raise ImageError(
            f"boundary maps of shapes {first.shape} and {second.shape}; pass the same for both"
        )
    if not 0 <= max_distance < np.inf:
        raise ConfigError(
            f"got max_distance={max_distance!r}; pass a share of the diagonal, 0.0075"
        )
    matched_first, matched_second = np.zeros_like(first), np.zeros_like(second)
    a, b = np.argwhere(first), np.argwhere(second)
    # The pixels that may stay alone are those of the smaller map, because the search visits the
    # whole neighbourhood of each that does.
    radius = max_distance * float(np.hypot(*first.shape))
    if len(a) <= len(b):
        i, j = _assign(a, b, radius)
    else:
        j, i = _assign(b, a, radius)
    matched_first[tuple(a[i].T)] = True
    matched_second[tuple(b[j].T)] = True
    return matched_first, matched_second


def boundary_counts(
    truths: Sequence[ArrayLike], prediction: ArrayLike, max_distance: float = MAX_DISTANCE
) -> BoundaryCounts:
    """Match a boundary map with those of all annotators.

    Parameters
    ----------
    truths : sequence of array_like of bool, shape (H, W)
        Boundary maps of one or more annotators, one pixel wide.
    prediction : array_like of bool, shape (H, W)
        Boundary map, thinned here.
    max_distance : float
        Greatest distance of a pair, as a share of the image diagonal.

    Returns
    -------
    BoundaryCounts

    Raises
    ------
    ImageError
        If there is no truth, or the maps have not one shape (H, W).
    ConfigError
        If ``max_distance`` is negative or not finite.
    """
    if not len(truths):
        raise ImageError("got no true boundaries; pass at least one annotator's")
    thinned = thin(prediction)
    matched = np.zeros_like(thinned)
    hits = total = 0
    for truth in truths:
        of_truth, of_prediction = match_boundaries(truth, thinned, max_distance)
        matched |= of_prediction
        hits += int(of_truth.sum())
        total += int(_as_map(truth).sum())
    return BoundaryCounts(hits, total, int(matched.sum()), int(thinned.sum()))


def _as_map(boundaries: ArrayLike) -> NDArray[np.bool_]:
    array = np.asarray(boundaries)
    if array.ndim != 2 or not array.size:
        raise ImageError(f"a boundary map of shape {array.shape}; pass one of shape (H, W)")
    # A label map passed by mistake would be all boundary.
    if array.dtype != np.bool_ and not np.all((array == 0) | (array == 1)):
        raise ImageError(
            "a boundary map with values other than 0 and 1; use label_boundaries on label maps"
        )
    return array.astype(bool, copy=False)


def _assign(
    few: NDArray[np.intp], many: NDArray[np.intp], radius: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair points, each of shape (N, 2): indices into ``few`` and ``many`` of the pairs."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching
    from scipy.spatial import cKDTree

    near = cKDTree(few).sparse_distance_matrix(cKDTree(many), radius, output_type="coo_matrix")
    # What has nobody near is left out: the search goes over all columns for every row it serves.
    rows, row = _numbered(near.row, len(few))
    columns, column = _numbered(near.col, len(many))
    if not len(rows):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    alone = np.arange(len(rows))
    # One is added to all costs, since a matrix entry of 0 counts as absent. The column of its own
    # that every row has for staying alone also spares SciPy's check that all rows can be matched
    # its exponential search: each row finds a free column at once.
    costs = np.concatenate(
        [
            np.full(len(rows), 1 + np.ceil(_ALONE * _HUNDREDTHS * max(radius, 1))),
            1 + np.rint(_HUNDREDTHS * near.data),
        ]
    )
    places = np.concatenate([alone, row]), np.concatenate([alone, len(rows) + column])
    graph = csr_matrix((costs, places), (len(rows), len(rows) + len(columns)))
    i, j = min_weight_full_bipartite_matching(graph)
    paired = j >= len(rows)
    return rows[i[paired]], columns[j[paired] - len(rows)]


def _numbered(numbers: NDArray[Any], count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Those of the numbers from 0 to count - 1 that occur, and the place of each among them."""
    there = np.zeros(count, bool)
    there[numbers] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[numbers]
