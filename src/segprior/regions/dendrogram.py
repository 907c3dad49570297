"""Regions that were merged one pair after the other: a dendrogram, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from segprior.regions.label_map import ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Tree",
    "confidence_of",
    "cut_table",
    "label_table",
    "make_tree",
    "meeting_costs",
    "problem_of",
]


class Tree(NamedTuple):
    """A dendrogram of n regions as a tree, laid out as the library Higra does.

    The nodes 0 to n - 1 are the regions; the node n + k is what the merge k made. A parent always
    has a higher number than its children; the last node is the root.

    Attributes
    ----------
    parents : ndarray of int64, shape (2n - 1,)
        The node that each node is part of; the root is its own.
    altitudes : ndarray of float64, shape (2n - 1,)
        The cost of the merge that made the node; 0 for regions.
    areas : ndarray of int64, shape (2n - 1,)
        Pixels of each node.

    References
    ----------
    B. Perret, G. Chierchia, J. Cousty, S. J. F. Guimarães, Y. Kenmochi and L. Najman: Higra:
    Hierarchical Graph Analysis. SoftwareX 10, 2019. doi:10.1016/j.softx.2019.100335
    """

    parents: NDArray[np.int64]
    altitudes: NDArray[np.float64]
    areas: NDArray[np.int64]


def make_tree(merges: NDArray[Any], costs: NDArray[np.float64], areas: NDArray[np.int64]) -> Tree:
    """Lay a dendrogram out as a tree.

    Parameters
    ----------
    merges : ndarray of int, shape (n - 1, 2)
        As in :func:`cut_table`.
    costs : ndarray of float64, shape (n - 1,)
        Of each merge.
    areas : ndarray of int64, shape (n,)
        Pixels of each region.

    Examples
    --------
    >>> make_tree(np.array([[0, 2], [0, 1]]), np.array([1.0, 4.0]), np.array([5, 6, 7])).parents
    array([3, 4, 3, 4, 4])
    """
    count = len(merges) + 1
    parents = list(range(2 * count - 1))
    sizes = [*areas.tolist(), *[0] * (count - 1)]
    nodes = list(range(count))
    for node, (one, other) in enumerate(merges.tolist(), count):
        parents[nodes[one]] = parents[nodes[other]] = node
        sizes[node] = sizes[nodes[one]] + sizes[nodes[other]]
        nodes[one] = node
    return Tree(
        parents=np.array(parents, np.int64),
        altitudes=np.concatenate([np.zeros(count), costs]),
        areas=np.array(sizes, np.int64),
    )


def cut_table(merges: NDArray[Any], done: int) -> NDArray[np.int32]:
    """Which region each one is part of after some merges.

    Parameters
    ----------
    merges : ndarray of int, shape (n - 1, 2)
        The second number is from then on part of the first.
    done : int
        How many of them count.

    Returns
    -------
    ndarray of int32, shape (n,)
        The region that stands for the segment.

    Examples
    --------
    >>> cut_table(np.array([[0, 2], [0, 1]]), 1).tolist()
    [0, 1, 0]
    """
    roots = list(range(len(merges) + 1))
    for one, other in merges[:done][::-1].tolist():  # backwards, what took others is known already
        roots[other] = roots[one]
    return np.array(roots, np.int32)


def label_table(table: NDArray[np.int32], areas: NDArray[np.int64]) -> NDArray[np.int32]:
    """Number the segments of a cut 1, 2, … from the largest area to the smallest.

    Parameters
    ----------
    table : ndarray of int32, shape (n,)
        As from :func:`cut_table`.
    areas : ndarray of int64, shape (n,)
        Pixels of each region.

    Returns
    -------
    ndarray of int32, shape (n,)
        The label of each region; 0 where a segment has no pixels.

    Examples
    --------
    >>> label_table(np.array([0, 1, 0]), np.array([5, 20, 6])).tolist()
    [2, 1, 2]
    """
    return ranks(np.bincount(table, areas, len(table)))[table]


def confidence_of(
    merges: NDArray[Any], costs: NDArray[np.float64], done: int, cost: float
) -> NDArray[np.float32]:
    """1 - cost / next of the segments of a cut.

    Parameters
    ----------
    merges, done
        As in :func:`cut_table`.
    costs : ndarray of float64, shape (n - 1,)
    cost : float
        Of the cut.

    Returns
    -------
    ndarray of float32, shape (n,)
        In [0, 1], at the region that stands for each segment; 1 elsewhere.
    """
    sure = np.ones(len(merges) + 1, np.float32)
    regions, first = np.unique(merges[done:].ravel(), return_index=True)
    following = np.maximum(costs[done + first // 2], max(cost, np.finfo(float).tiny))
    sure[regions] = 1 - cost / following
    return sure


def meeting_costs(
    merges: NDArray[Any], costs: NDArray[np.float64], one: NDArray[Any], other: NDArray[Any]
) -> NDArray[np.float64]:
    """The cost at which each of some pairs of regions become one.

    Parameters
    ----------
    merges, costs
        As in :func:`confidence_of`.
    one, other : ndarray of int, shape (k,)
        Regions.

    Returns
    -------
    ndarray of float64, shape (k,)
        0 where a region meets itself.
    """
    count = len(merges) + 1
    pairs, place = np.unique(
        np.minimum(one, other).astype(np.int64) * count + np.maximum(one, other),
        return_inverse=True,
    )
    into, when = np.arange(count), np.full(count, len(merges))
    into[merges[:, 1]] = merges[:, 0]
    when[merges[:, 1]] = np.arange(len(merges))
    a, b = np.divmod(pairs, count)
    found = np.zeros(len(pairs))
    apart = np.flatnonzero(a != b)
    while len(apart):  # of each pair, the one that was taken first moves on
        left = when[a[apart]] < when[b[apart]]
        moving = np.where(left, a[apart], b[apart])
        found[apart] = costs[when[moving]]
        a[apart[left]] = into[moving[left]]
        b[apart[~left]] = into[moving[~left]]
        apart = apart[a[apart] != b[apart]]
    return found[place]


def problem_of(merges: NDArray[Any], costs: NDArray[Any]) -> str:
    """Say what keeps merges and their costs from being a dendrogram; empty if nothing does.

    Parameters
    ----------
    merges : ndarray of int, any shape
        As in :func:`cut_table`, if all is well.
    costs : ndarray of float, shape (n - 1,)
        Of each merge.
    """
    count = len(costs) + 1
    order = np.arange(count - 1)
    if merges.shape != (count - 1, 2):
        return f"merges of shape {merges.shape} for {count} regions"
    if not np.isfinite(costs).all() or (costs < 0).any():
        return "costs that are not finite numbers from 0 on"
    if (costs[1:] < costs[:-1]).any():
        return "costs that fall"
    if (merges < 0).any() or (merges >= count).any():
        return f"merges of other regions than 0 to {count - 1}"
    one, other = merges[:, 0], merges[:, 1]
    if (one >= other).any():
        return "merges whose first region is not the lower one"
    taken = np.full(count, count)
    taken[other] = order
    if (taken[other] != order).any():
        return "a region that is merged twice"
    if (taken[one] < order).any():
        return "a region that takes another after it was taken itself"
    return ""
