"""Regions merged one pair at a time, the most similar neighbours first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.features.gradients import boundary_strength
from segprior.runtime.compilation import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Weights", "count_words", "find_regions", "merge_regions"]

# Smoothing, in pixels, of the map whose basins are the first regions.
_BASINS = 1.0


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What counts how much in the cost of a merge; chosen on BSDS train images.

    Attributes
    ----------
    colour : float
        Distance of the mean colours.
    texture : float
        χ² distance of the histograms of words.
    joint : float
        Geometric mean of the boundary's strength and the sum of these two.
    size : float
        The cost is multiplied by the smaller one's share of the image to this power.
    """

    colour: float = 0.15
    texture: float = 15.0
    joint: float = 3.0
    size: float = 0.07


def find_regions(
    colours: NDArray[np.float32],
    codes: NDArray[np.int64],
    hidden: Sequence[NDArray[np.float32]] = (),
    weights: Weights | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Divide an image into the basins of its boundary strength, and merge them.

    Parameters
    ----------
    colours : ndarray of float32, shape (h, w, C)
        From :func:`segprior.image.colour.as_colours`.
    codes : ndarray of int64, shape (h, w)
        Words of texture, from :func:`segprior.features.textons.texture_codes`.
    hidden : sequence of ndarray of float32, shape (h, w)
        Gradients of hidden features of the prior, if any.
    weights : Weights, optional

    Returns
    -------
    regions : ndarray of int32, shape (h, w)
        0 to n - 1.
    merges, costs : ndarray
        As from :func:`merge_regions`.
    """
    from scipy.ndimage import gaussian_filter
    from skimage.segmentation import watershed

    strength = boundary_strength(colours, hidden)
    regions = watershed(gaussian_filter(strength, _BASINS)).astype(np.int32) - 1
    return regions, *merge_regions(regions, strength, colours, codes, weights or Weights())


def merge_regions(
    regions: NDArray[np.int32],
    strength: NDArray[np.float32],
    colours: NDArray[np.float32],
    codes: NDArray[np.int64],
    weights: Weights,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Merge regions until there is one, the pair of lowest cost first.

    Parameters
    ----------
    regions : ndarray of int32, shape (h, w)
        0 to n - 1, connected.
    strength : ndarray of float32, shape (h, w)
        That of a boundary at each pixel; between two regions it is the mean over the pairs of
        pixels that touch, the larger one of each pair.
    colours : ndarray of float32, shape (h, w, C)
    codes : ndarray of int64, shape (h, w)
        Words of texture.
    weights : Weights

    Returns
    -------
    merges : ndarray of int32, shape (n - 1, 2)
        The second number is from then on part of the first, which is lower.
    costs : ndarray of float64, shape (n - 1,)
        Never falling: that of a merge, or of one before it if that was higher.
    """
    count = int(regions.max()) + 1
    flat = regions.ravel().astype(np.int64)
    areas = np.bincount(flat, minlength=count).astype(np.float64)
    sums = np.stack(
        [np.bincount(flat, colours[..., c].ravel(), count) for c in range(colours.shape[2])], -1
    )
    numbers = (weights.colour, weights.texture, weights.joint, weights.size)
    merges, costs = _merge(
        *_neighbours(flat.reshape(regions.shape), strength, count),
        areas,
        sums,
        count_words(regions, codes),
        np.array(numbers),
    )
    # Sizes are taken as shares of the image, so that a cost means the same on any.
    return merges, costs * float(regions.size) ** -weights.size


def count_words(regions: NDArray[np.int32], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """How often each word is in each region, (n, words), from maps (h, w) of both."""
    count, words = int(regions.max()) + 1, int(codes.max()) + 1
    flat = regions.ravel().astype(np.int64) * words + codes.ravel()
    return np.bincount(flat, minlength=count * words).reshape(count, words).astype(np.float64)


def _neighbours(
    regions: NDArray[np.int64], strength: NDArray[np.float32], count: int
) -> tuple[NDArray[Any], ...]:
    """Pairs of regions that touch, lower number first: sums of the strength, and lengths."""
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
    return first, second, sums.astype(np.float64), lengths.astype(np.float64)


def _exact(function: Any) -> Any:
    """Compile with sums in the order written, into each function that calls it."""
    return jit(function, fastmath=False, forceinline=True)


@_exact
def _cost(
    strength: float, i: int, j: int,
    areas: NDArray[Any], colours: NDArray[Any], histograms: NDArray[Any], weights: NDArray[Any],
) -> float:  # fmt: skip
    distance = 0.0
    for k in range(colours.shape[1]):
        step = colours[i, k] / areas[i] - colours[j, k] / areas[j]
        distance += step * step
    texture = 0.0
    for k in range(histograms.shape[1]):
        p, q = histograms[i, k] / areas[i], histograms[j, k] / areas[j]
        if p + q > 0:
            texture += (p - q) * (p - q) / (p + q)
    inside = weights[0] * math.sqrt(distance) + weights[1] * 0.5 * texture
    both = strength + inside + weights[2] * math.sqrt(strength * inside)
    return float(both * min(areas[i], areas[j]) ** weights[3])


@_exact
def _nearest(
    i: int, head: NDArray[Any], after: NDArray[Any], to: NDArray[Any], gone: NDArray[Any],
    costs: NDArray[Any],
) -> tuple[float, int]:  # fmt: skip
    """The cheapest neighbour of i, the lowest of equals; drops links that are gone."""
    best, who, last = np.inf, -1, -1
    link = head[i]
    while link >= 0:
        following = after[link]
        if gone[link >> 1]:
            if last < 0:
                head[i] = following
            else:
                after[last] = following
        else:
            cost = costs[link >> 1]
            if cost < best or (cost == best and to[link] < who):
                best, who = cost, to[link]
            last = link
        link = following
    return best, who


@_exact
def _put(tree: NDArray[Any], i: int, value: float) -> None:
    """Set leaf i of a tree in which each node is the least of its two children."""
    node = len(tree) // 2 + i
    tree[node] = value
    node //= 2
    while node > 0:
        tree[node] = min(tree[2 * node], tree[2 * node + 1])
        node //= 2


def _merge_all(
    first: NDArray[Any], second: NDArray[Any], sums: NDArray[Any], lengths: NDArray[Any],
    areas: NDArray[Any], colours: NDArray[Any], histograms: NDArray[Any], weights: NDArray[Any],
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:  # fmt: skip
    """Links 2 e and 2 e + 1 lead from the first region of pair e to the second, and back."""
    count, pairs = len(areas), len(first)
    to = np.empty(2 * pairs, np.int64)
    after = np.empty(2 * pairs, np.int64)
    head = np.full(count, -1, np.int64)
    gone = np.zeros(pairs, np.bool_)
    costs = np.empty(pairs)
    for e in range(pairs):
        a, b = first[e], second[e]
        to[2 * e], to[2 * e + 1] = b, a
        after[2 * e], head[a] = head[a], 2 * e
        after[2 * e + 1], head[b] = head[b], 2 * e + 1
        costs[e] = _cost(sums[e] / lengths[e], a, b, areas, colours, histograms, weights)
    leaves = 1
    while leaves < count:
        leaves *= 2
    tree = np.full(2 * leaves, np.inf)
    nearest = np.full(count, -1, np.int64)
    for i in range(count):
        cost, nearest[i] = _nearest(i, head, after, to, gone, costs)
        _put(tree, i, cost)
    merges = np.empty((count - 1, 2), np.int32)
    found = np.empty(count - 1)
    highest = 0.0
    place = np.full(count, -1, np.int64)
    for step in range(count - 1):
        node = 1
        while node < leaves:
            node *= 2
            if tree[node + 1] < tree[node]:
                node += 1
        # The lowest of those with the least cost, so its partner is higher.
        i = node - leaves
        j = nearest[i]
        highest = max(highest, tree[node])
        merges[step, 0], merges[step, 1], found[step] = i, j, highest
        areas[i] += areas[j]
        colours[i] += colours[j]
        histograms[i] += histograms[j]
        last, link = -1, head[i]
        while link >= 0:
            if to[link] == j:
                gone[link >> 1] = True
            if gone[link >> 1]:
                if last < 0:
                    head[i] = after[link]
                else:
                    after[last] = after[link]
            else:
                place[to[link]] = link
                last = link
            link = after[link]
        link = head[j]
        while link >= 0:
            following = after[link]
            if not gone[link >> 1]:
                other = place[to[link]]
                if other >= 0:
                    sums[other >> 1] += sums[link >> 1]
                    lengths[other >> 1] += lengths[link >> 1]
                    gone[link >> 1] = True
                else:
                    to[link ^ 1] = i
                    after[link] = -1
                    if last < 0:
                        head[i] = link
                    else:
                        after[last] = link
                    last = link
            link = following
        head[j] = -1
        _put(tree, j, np.inf)
        link = head[i]
        while link >= 0:
            e, q = link >> 1, to[link]
            place[q] = -1
            costs[e] = _cost(sums[e] / lengths[e], i, q, areas, colours, histograms, weights)
            link = after[link]
        cost, nearest[i] = _nearest(i, head, after, to, gone, costs)
        _put(tree, i, cost)
        link = head[i]
        while link >= 0:
            cost, q = costs[link >> 1], to[link]
            least = tree[leaves + q]
            if nearest[q] == i or nearest[q] == j:
                least, nearest[q] = _nearest(q, head, after, to, gone, costs)
                _put(tree, q, least)
            elif cost < least or (cost == least and i < nearest[q]):
                nearest[q] = i
                _put(tree, q, cost)
            link = after[link]
    return merges, found


_merge = jit(_merge_all, fastmath=False)
