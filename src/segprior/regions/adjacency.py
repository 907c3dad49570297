"""A region adjacency graph whose regions can be merged: linked lists of neighbours.

To merge two regions is to hang one list onto the other; lists of others are not searched. All
functions but :func:`touching_pairs` are compiled, into those that call them too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from segprior.runtime.compilation import exact

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Adjacency", "Pairs", "adjacency", "contract", "nearest_of", "touching_pairs"]


class Pairs(NamedTuple):
    """Regions that touch.

    Attributes
    ----------
    first, second : ndarray of int64, shape (m,)
        The lower and the higher number of each pair; ascending, no pair twice.
    sums, lengths : ndarray of float64, shape (m,)
        Of the boundary between the two: its strength added up over the pairs of pixels that
        touch, and how many these are.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    sums: NDArray[np.float64]
    lengths: NDArray[np.float64]


class Adjacency(NamedTuple):
    """The neighbours of n regions, a linked list for each.

    Link 2 e leads from the first region of pair e to the second, and link 2 e + 1 back: the pair
    of a link is ``link >> 1``, the way back ``link ^ 1``.

    Attributes
    ----------
    after : ndarray of int64, shape (2 m + n,)
        The link that follows each link in its list, -1 at the end; then the first link of each
        region, as if it followed a link 2 m + i.
    to : ndarray of int64, shape (2 m,)
        The neighbour that a link leads to.
    gone : ndarray of bool, shape (m,)
        Pairs that are no more. A list loses their links when it is next walked.
    sums, lengths : ndarray of float64, shape (m,)
        As in :class:`Pairs`.
    costs : ndarray of float64, shape (m,)
        Of merging each pair.
    marks : ndarray of int64, shape (n,)
        While neighbours are handed over, the link to each from the region that gets them; -1
        before and after.
    """

    after: NDArray[np.int64]
    to: NDArray[np.int64]
    gone: NDArray[np.bool_]
    sums: NDArray[np.float64]
    lengths: NDArray[np.float64]
    costs: NDArray[np.float64]
    marks: NDArray[np.int64]


def touching_pairs(regions: NDArray[np.int64], strength: NDArray[np.float32], count: int) -> Pairs:
    """Find which regions of a map share a side of a pixel, and how strong the boundary is there.

    Parameters
    ----------
    regions : ndarray of int64, shape (h, w)
        0 to ``count`` - 1.
    strength : ndarray of float32, shape (h, w)
        That of a boundary at each pixel; of two pixels that touch the larger one counts.
    count : int
    """
    keys, values = [], []
    for one, other in (
        (np.s_[:-1], np.s_[1:]),
        (np.s_[:, :-1], np.s_[:, 1:]),
    ):
        differ = regions[one] != regions[other]
        a, b = regions[one][differ], regions[other][differ]
        keys.append(np.minimum(a, b) * count + np.maximum(a, b))
        values.append(np.maximum(strength[one], strength[other])[differ])
    pairs, place = np.unique(np.concatenate(keys), return_inverse=True)
    first, second = np.divmod(pairs, count)
    sums = np.bincount(place, np.concatenate(values), len(pairs))
    lengths = np.bincount(place, minlength=len(pairs))
    # Without pairs the sums would be whole numbers, for which the loop would be compiled again.
    return Pairs(first, second, sums.astype(np.float64), lengths.astype(np.float64))


@exact
def adjacency(pairs: Pairs, count: int) -> Adjacency:
    """Make the lists of ``count`` regions.

    Sums and lengths are those of ``pairs``, not copied: they change when regions are merged. Costs
    are yet to be set.
    """
    first, second, sums, lengths = pairs
    heads = 2 * len(first)
    after = np.full(heads + count, -1, np.int64)
    to = np.empty(heads, np.int64)
    for e in range(len(first)):
        a, b = first[e], second[e]
        to[2 * e], to[2 * e + 1] = b, a
        after[2 * e], after[heads + a] = after[heads + a], 2 * e
        after[2 * e + 1], after[heads + b] = after[heads + b], 2 * e + 1
    gone = np.zeros(len(first), np.bool_)
    marks = np.full(count, -1, np.int64)
    return Adjacency(after, to, gone, sums, lengths, np.empty(len(first)), marks)


@exact
def nearest_of(graph: Adjacency, i: int) -> tuple[float, int]:
    """Find the neighbour with which region i merges at the least cost, the lowest of equals.

    Returns
    -------
    cost : float
        Infinite if there is no neighbour.
    neighbour : int
        -1 if there is none.
    """
    after, to, gone, _, _, costs, _ = graph
    best, who = np.inf, -1
    last = len(to) + i
    link = after[last]
    while link >= 0:
        if gone[link >> 1]:
            after[last] = after[link]
        else:
            cost = costs[link >> 1]
            if cost < best or (cost == best and to[link] < who):
                best, who = cost, to[link]
            last = link
        link = after[link]
    return best, who


@exact
def contract(graph: Adjacency, i: int, j: int) -> None:
    """Make region j part of its neighbour i: i gets the neighbours of j, which keeps none.

    Where both had a neighbour, the two boundaries become one. Costs stay as they are.
    """
    after, to, gone, sums, lengths, _, marks = graph
    last = _mark(graph, i, j)
    link = after[len(to) + j]
    while link >= 0:
        following = after[link]
        if not gone[link >> 1]:
            known = marks[to[link]]
            if known >= 0:
                sums[known >> 1] += sums[link >> 1]
                lengths[known >> 1] += lengths[link >> 1]
                gone[link >> 1] = True
            else:
                to[link ^ 1] = i
                after[last], after[link] = link, -1
                last = link
        link = following
    after[len(to) + j] = -1
    link = after[len(to) + i]
    while link >= 0:
        marks[to[link]] = -1
        link = after[link]


@exact
def _mark(graph: Adjacency, i: int, j: int) -> int:
    """Mark the neighbours of region i but j, the pair with which goes; return the last link."""
    after, to, gone, _, _, _, marks = graph
    last = len(to) + i
    link = after[last]
    while link >= 0:
        if to[link] == j:
            gone[link >> 1] = True
        if gone[link >> 1]:
            after[last] = after[link]
        else:
            marks[to[link]] = link
            last = link
        link = after[link]
    return last
