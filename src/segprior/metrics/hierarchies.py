"""Hierarchies of regions as the scores want them: which segment each region is in, cut by cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segprior.errors import ConfigError, ImageError
from segprior.metrics.regions import components, cut_hierarchy

__all__ = ["contour_tree", "cut_tables"]


def cut_tables(
    merges: ArrayLike, costs: ArrayLike, thresholds: Sequence[float], n_regions: int | None = None
) -> NDArray[np.int32]:
    """Find the segment that each region is part of at several thresholds.

    Parameters
    ----------
    merges : array_like of int, shape (M, 2)
        Which of the regions 0 to n - 1 became one, in this order: the second is from then on part
        of the first.
    costs : array_like of float, shape (M,)
        What each merge cost; never falling.
    thresholds : sequence of float
        Merges up to this cost count; in any order.
    n_regions : int, optional
        Number of regions n, more than M; by default M + 1.

    Returns
    -------
    ndarray of int32, shape (number of thresholds, n)
        A region that stands for the segment; ``table[regions]`` is the label map of a cut.

    Raises
    ------
    ImageError
        If merges and costs do not fit together, the costs fall, or a merge names a region that
        there is not or that is part of another already.
    ConfigError
        If a threshold is not a number.

    Examples
    --------
    >>> cut_tables([[0, 2], [0, 1]], [0.5, 2.0], [0.1, 0.5, 3.0]).tolist()
    [[0, 1, 2], [0, 1, 0], [0, 0, 0]]
    """
    pairs, prices = np.asarray(merges).reshape(-1, 2), np.asarray(costs, np.float64).ravel()
    count = len(prices) + 1 if n_regions is None else n_regions
    _check(pairs, prices, count)
    wanted = np.asarray(thresholds, np.float64)
    if wanted.ndim != 1 or np.isnan(wanted).any():
        raise ConfigError(
            f"thresholds of shape {wanted.shape}, or not numbers; pass a list of costs to cut at"
        )
    tables = np.empty((len(wanted), count), np.int32)
    done, table = 0, np.arange(count, dtype=np.int32)
    for place in np.argsort(wanted, kind="stable"):
        until = int(np.searchsorted(prices, wanted[place], side="right"))
        if until > done:
            into = list(range(count))
            for one, other in pairs[done:until][::-1].tolist():  # what took others is known then
                into[other] = into[one]
            table = np.array(into, np.int32)[table]
            done = until
        tables[place] = table
    return tables


def _check(merges: NDArray[np.generic], costs: NDArray[np.float64], count: int) -> None:
    if len(merges) != len(costs) or count <= len(costs):
        raise ImageError(
            f"{len(merges)} merges of {count} regions with {len(costs)} costs; pass a cost for "
            "each merge, and fewer merges than regions"
        )
    if len(costs) and not (np.diff(costs) >= 0).all():
        raise ImageError("the costs of the merges fall; sort the merges by their costs")
    if not len(merges):
        return
    first, second = merges[:, 0], merges[:, 1]
    gone = np.full(count, len(merges))
    whole = merges.dtype.kind in "ui" and int(merges.min()) >= 0 and int(merges.max()) < count
    if whole:
        gone[second] = np.arange(len(merges))
    # A region that takes another, or is taken, must still be one by itself.
    if (
        not whole
        or len(np.unique(second)) < len(second)
        or (gone[first] <= np.arange(len(merges))).any()
    ):
        raise ImageError(
            f"merges that are not a tree over {count} regions; pass pairs of regions from 0, the "
            "second of which is in no later pair"
        )


def contour_tree(
    contours: ArrayLike, shape: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.float64]]:
    """Find the regions of an ultrametric contour map, and the order in which they merge.

    Parameters
    ----------
    contours : array_like of float, shape (2H + 1, 2W + 1) or (H, W)
        Strength of the contours, 0 where there are none. In double size they lie on the grid
        between the pixels, which have the odd indices, as in Berkeley's ``ucm2``. In the size of
        the image they lie on pixels, and must part the others along rows and columns; a contour's
        pixel goes to the region on its left or above it, or else to the one with the weakest
        contour on the way. What is all contour in that size, as a segment one pixel wide
        is, is lost.
    shape : (int, int)
        H and W.

    Returns
    -------
    regions : ndarray of int, shape (H, W)
        What is apart at threshold 0: n regions, from 0.
    merges : ndarray of int32, shape (n - 1, 2)
        Which of them become one, in this order; the second, from then on part of the first, is
        the higher number.
    costs : ndarray of float64, shape (n - 1,)
        Strength of the contour that vanishes; never falling. A cut at a threshold is that of
        :func:`segprior.metrics.cut_hierarchy`.

    Raises
    ------
    ImageError
        If the map has another shape, numbers below 0 or none, or a pixel of the image, in double
        size, is contour, or there is nothing but contour.

    References
    ----------
    P. Arbeláez, M. Maire, C. Fowlkes, J. Malik: Contour detection and hierarchical image
    segmentation. TPAMI 33(5), 2011. doi:10.1109/TPAMI.2010.161

    Examples
    --------
    >>> regions, merges, costs = contour_tree([[0, 0.5, 0, 0.2, 0]], (1, 5))
    >>> regions
    array([[0, 0, 1, 1, 2]])
    >>> merges.tolist(), costs.tolist()
    ([[1, 2], [0, 1]], [0.2, 0.5])
    """
    strength = np.asarray(contours, np.float64)
    rows, columns = shape
    double = (2 * rows + 1, 2 * columns + 1)
    if strength.shape not in (double, (rows, columns)):
        raise ImageError(
            f"a contour map of shape {strength.shape} for an image of shape {shape}; pass one of "
            f"shape {double} or {shape}"
        )
    if not (strength >= 0).all() or not np.isfinite(strength).all():
        raise ImageError("a contour map with numbers below 0 or none; pass strengths from 0 on")
    if strength.shape == double:
        if strength[1::2, 1::2].any():
            raise ImageError(
                "a contour map of double size with contours on pixels; those have the odd indices "
                "and must be 0"
            )
        regions = cut_hierarchy(strength, 0) - 1
        edges = _between(strength)
    else:
        regions = _flooded(strength)
        edges = (
            np.maximum(strength[:-1], strength[1:]),
            np.maximum(strength[:, :-1], strength[:, 1:]),
        )
    return regions, *_merged(regions, *edges)


def _between(ucm2: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What parts each pixel from the one below, (H - 1, W), and to the right, (H, W - 1).

    That is the weaker of the contour between them and of the corners at its ends.
    """
    found = []
    for grid in (ucm2, ucm2.T):
        middle = grid[2:-1:2]
        found.append(np.minimum(middle[:, 1::2], np.minimum(middle[:, :-1:2], middle[:, 2::2])))
    return found[0], found[1].T


def _flooded(contours: NDArray[np.float64]) -> NDArray[np.intp]:
    from skimage.segmentation import watershed

    free = contours == 0
    if not free.any():
        raise ImageError("a contour map without a place that is 0; pass strengths from 0 on")
    pieces = components(np.where(free, 1, 0))
    numbers = np.unique(pieces[free], return_inverse=True)[1]
    inside = np.zeros(contours.shape, np.int32)
    inside[free] = numbers + 1
    found = inside.copy()
    # Berkeley's maps and ours put the contour on the pixel to the left of it, or above.
    for part, beside in ((found[:, 1:], inside[:, :-1]), (found[1:], inside[:-1])):
        part[part == 0] = beside[part == 0]
    flooded: NDArray[Any] = watershed(contours, found, connectivity=1)
    return flooded.astype(np.intp) - 1


def _merged(
    regions: NDArray[np.intp], below: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Merge neighbours along the weakest of what parts them."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import minimum_spanning_tree

    count = int(regions.max()) + 1
    sides = ((regions[:-1], regions[1:], below), (regions[:, :-1], regions[:, 1:], right))
    a, b, weights = (
        np.concatenate([side[part][side[0] != side[1]] for side in sides]) for part in range(3)
    )
    keys = np.minimum(a, b) * count + np.maximum(a, b)
    order = np.lexsort((weights, keys))
    keys, first = np.unique(keys[order], return_index=True)
    graph = csr_matrix((weights[order][first], np.divmod(keys, count)), (count, count))
    tree = minimum_spanning_tree(graph).tocoo()
    order = np.argsort(tree.data, kind="stable")
    roots = list(range(count))
    merges = []
    for pair in zip(tree.row[order].tolist(), tree.col[order].tolist(), strict=True):
        one, other = sorted(_root(roots, region) for region in pair)
        roots[other] = one
        merges.append((one, other))
    return np.array(merges, np.int32).reshape(-1, 2), tree.data[order].astype(np.float64)


def _root(roots: list[int], region: int) -> int:
    while roots[region] != region:
        roots[region] = roots[roots[region]]
        region = roots[region]
    return region
