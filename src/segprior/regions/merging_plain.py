"""The merging of native/src/merging.cpp in NumPy, for want of compiled loops and to test them."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from segprior.regions.adjacency import Content, Pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["distances", "merge_costs", "merge_graph"]


def distances(
    histograms: NDArray[np.float64], one: NDArray[np.int64], other: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Find the root of the χ² distance, in [0, 1], of each of k pairs of regions.

    Parameters
    ----------
    histograms : ndarray of float64, shape (n, words)
        Shares that add up to 1.
    one, other : ndarray of int64, shape (k,)
        Regions.
    """
    both = histograms[one]
    apart = both - histograms[other]
    both += histograms[other]
    apart *= apart
    apart /= np.where(both > 0, both, 1.0)
    # Added up in order, as the compiled loop does, so that the same costs are equal.
    found: NDArray[np.float64] = np.sqrt(0.5 * np.add.accumulate(apart, axis=1, out=apart)[:, -1])
    return found


def merge_costs(
    content: Content,
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    strengths: NDArray[np.float64],
    weights: Sequence[float],
) -> list[float]:
    """Find what it costs to merge each of k pairs of regions.

    Parameters
    ----------
    content : Content
    one, other : ndarray of int64, shape (k,)
        Regions.
    strengths : ndarray of float64, shape (k,)
        Mean strengths of the boundaries between them.
    weights : sequence of 3 float
        Of the distances of the histograms, of those diffused, and of the logarithm of the smaller
        area in pixels.
    """
    areas, *histograms = content
    ends, places = np.unique(np.concatenate([one, other]), return_inverse=True)
    i, j = np.split(places, 2)
    apart = [distances(of[ends] / areas[ends, None], i, j) for of in histograms]
    sums = strengths + weights[0] * apart[0] + weights[1] * apart[1]
    sizes = np.minimum(areas[one], areas[other]).tolist()
    # NumPy's own logarithms may differ in the last digit from those of the C library.
    return [
        cost + weights[2] * math.log(size) for cost, size in zip(sums.tolist(), sizes, strict=True)
    ]


def merge_graph(
    pairs: Pairs, content: Content, weights: Sequence[float]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Do as :func:`segprior.regions.merging.merge_graph`, whose parameters these are."""
    count = len(content.areas)
    content = Content(*(of.copy() for of in content))
    # The boundary to each neighbour: its strength added up, its length.
    near: list[dict[int, tuple[float, float]]] = [{} for _ in range(count)]
    columns = (of.tolist() for of in pairs)
    for i, j, strength, length in zip(*columns, strict=True):
        near[i][j] = near[j][i] = strength, length
    found = merge_costs(content, pairs.first, pairs.second, pairs.sums / pairs.lengths, weights)
    heap = [
        (cost, i, j, 0, 0)
        for cost, i, j in zip(found, pairs.first.tolist(), pairs.second.tolist(), strict=True)
    ]
    heapq.heapify(heap)
    # How often each region has changed; what the heap holds of an earlier state no longer counts.
    changes = [0] * count
    merges: list[tuple[int, int]] = []
    costs: list[float] = []
    while len(merges) < count - 1:
        cost, i, j, *then = heapq.heappop(heap)
        if then != [changes[i], changes[j]]:
            continue
        merges.append((i, j))
        costs.append(max(cost, costs[-1]) if costs else cost)
        for of in content:
            of[i] += of[j]
        _contract(near, i, j)
        changes[i] += 1
        changes[j] = -1
        others = list(near[i])
        if not others:
            continue
        sums, lengths = np.array(list(near[i].values())).T
        mine = np.full(len(others), i)
        found = merge_costs(content, mine, np.array(others), sums / lengths, weights)
        for k, cost in zip(others, found, strict=True):
            a, b = min(i, k), max(i, k)
            heapq.heappush(heap, (cost, a, b, changes[a], changes[b]))
    return np.array(merges, np.int32).reshape(-1, 2), np.array(costs, np.float64)


def _contract(near: list[dict[int, tuple[float, float]]], i: int, j: int) -> None:
    """Make region j part of its neighbour i; where both had a neighbour, add the boundaries up."""
    for k, (strength, length) in near[j].items():
        del near[k][j]
        if k != i:
            known = near[i].get(k, (0.0, 0.0))
            near[i][k] = near[k][i] = known[0] + strength, known[1] + length
    near[j] = {}
