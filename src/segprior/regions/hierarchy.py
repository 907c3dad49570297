"""Cuts through a sequence of merges, and when two regions come together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["confidence_of", "cut_table", "meeting_costs"]


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
