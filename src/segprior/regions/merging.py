"""Regions merged one pair at a time, the most similar neighbours first."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from segprior.features.gradients import boundary_strength
from segprior.regions.adjacency import (
    Adjacency,
    Pairs,
    adjacency,
    contract,
    nearest_of,
    touching_pairs,
)
from segprior.regions.tournament import lowest, number_at, put, tournament
from segprior.runtime.compilation import exact, jit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Content",
    "Weights",
    "count_textons",
    "find_regions",
    "merge_cost",
    "merge_graph",
    "merge_regions",
]

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
    textons: NDArray[np.int64],
    hidden: Sequence[NDArray[np.float32]] = (),
    weights: Weights | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Divide an image into the basins of its boundary strength, and merge them.

    Parameters
    ----------
    colours : ndarray of float32, shape (h, w, C)
        From :func:`segprior.image.colour.as_colours`.
    textons : ndarray of int64, shape (h, w)
        Words of texture, from :func:`segprior.features.textons.texton_map`.
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
    return regions, *merge_regions(regions, strength, colours, textons, weights or Weights())


def merge_regions(
    regions: NDArray[np.int32],
    strength: NDArray[np.float32],
    colours: NDArray[np.float32],
    textons: NDArray[np.int64],
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
    textons : ndarray of int64, shape (h, w)
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
    sums: NDArray[np.float64] = np.stack(
        [np.bincount(flat, colours[..., c].ravel(), count) for c in range(colours.shape[2])], -1
    )
    numbers = (weights.colour, weights.texture, weights.joint, weights.size)
    merges, costs = merge_graph(
        touching_pairs(flat.reshape(regions.shape), strength, count),
        Content(areas, sums, count_textons(regions, textons)),
        np.array(numbers),
    )
    # Sizes are taken as shares of the image, so that a cost means the same on any.
    return merges, costs * float(regions.size) ** -weights.size


def count_textons(regions: NDArray[np.int32], textons: NDArray[np.int64]) -> NDArray[np.float64]:
    """How often each word is in each region, (n, words), from maps (h, w) of both."""
    count, kinds = int(regions.max()) + 1, int(textons.max()) + 1
    flat = regions.ravel().astype(np.int64) * kinds + textons.ravel()
    return np.bincount(flat, minlength=count * kinds).reshape(count, kinds).astype(np.float64)


class Content(NamedTuple):
    """What is in each of n regions, added up over its pixels.

    Attributes
    ----------
    areas : ndarray of float64, shape (n,)
        How many pixels.
    colours : ndarray of float64, shape (n, C)
    histograms : ndarray of float64, shape (n, words)
        How often each word of texture is there.
    """

    areas: NDArray[np.float64]
    colours: NDArray[np.float64]
    histograms: NDArray[np.float64]


@exact
def merge_cost(
    content: Content, i: int, j: int, strength: float, weights: NDArray[np.float64]
) -> float:
    """Find what it costs to merge two regions.

    Parameters
    ----------
    content : Content
    i, j : int
    strength : float
        Mean strength of the boundary between them.
    weights : ndarray of float64, shape (4,)
        Those of :class:`Weights`, in their order. Areas count in pixels here.
    """
    areas, colours, histograms = content
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


@functools.partial(jit, fastmath=False)
def merge_graph(
    pairs: Pairs, content: Content, weights: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Merge the regions of a connected graph until there is one, the pair of lowest cost first.

    Parameters
    ----------
    pairs : Pairs
        Sums and lengths of the boundaries are changed.
    content : Content
        Is changed: each region gets what is in those that become part of it.
    weights : ndarray of float64, shape (4,)
        As in :func:`merge_cost`.

    Returns
    -------
    merges, costs : ndarray
        As from :func:`merge_regions`, but with areas in pixels. Of pairs at the same cost that
        of the lowest numbers is first.
    """
    count = len(content.areas)
    graph = adjacency(pairs, count)
    for e in range(len(pairs.first)):
        strength = pairs.sums[e] / pairs.lengths[e]
        graph.costs[e] = merge_cost(content, pairs.first[e], pairs.second[e], strength, weights)
    tree = tournament(count)
    nearest = np.full(count, -1, np.int64)
    for i in range(count):
        cost, nearest[i] = nearest_of(graph, i)
        put(tree, i, cost)
    merges = np.empty((count - 1, 2), np.int32)
    costs = np.empty(count - 1)
    highest = 0.0
    for step in range(count - 1):
        # The first of those with the least cost, so its partner is higher.
        i = lowest(tree)
        j = nearest[i]
        highest = max(highest, number_at(tree, i))
        merges[step, 0], merges[step, 1], costs[step] = i, j, highest
        _add(content, i, j)
        contract(graph, i, j)
        put(tree, j, np.inf)
        _set_costs(graph, content, i, weights)
        _renew(graph, tree, nearest, i, j)
    return merges, costs


@exact
def _add(content: Content, i: int, j: int) -> None:
    """Give region i what is in region j."""
    areas, colours, histograms = content
    areas[i] += areas[j]
    # Rows added as a whole would take twice as long to compile.
    for k in range(colours.shape[1]):
        colours[i, k] += colours[j, k]
    for k in range(histograms.shape[1]):
        histograms[i, k] += histograms[j, k]


@exact
def _set_costs(graph: Adjacency, content: Content, i: int, weights: NDArray[np.float64]) -> None:
    """Set the costs of the pairs of region i, none of which is gone."""
    after, to, _, sums, lengths, costs, _ = graph
    link = after[len(to) + i]
    while link >= 0:
        e = link >> 1
        costs[e] = merge_cost(content, i, to[link], sums[e] / lengths[e], weights)
        link = after[link]


@exact
def _renew(
    graph: Adjacency, tree: NDArray[np.float64], nearest: NDArray[np.int64], i: int, j: int
) -> None:
    """Find the cheapest neighbours again of region i, with j in it now, and of its neighbours."""
    after, to, _, _, _, costs, _ = graph
    cost, nearest[i] = nearest_of(graph, i)
    put(tree, i, cost)
    link = after[len(to) + i]
    while link >= 0:
        cost, q = costs[link >> 1], to[link]
        least = number_at(tree, q)
        if nearest[q] == i or nearest[q] == j:
            least, nearest[q] = nearest_of(graph, q)
            put(tree, q, least)
        elif cost < least or (cost == least and i < nearest[q]):
            nearest[q] = i
            put(tree, q, cost)
        link = after[link]
