"""Regions merged one pair at a time, the most similar neighbours first."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from segprior.features.co_occurrence import diffusion
from segprior.features.gradients import boundary_strength
from segprior.regions import merging_plain
from segprior.regions.adjacency import Content, Pairs, touching_pairs
from segprior.regions.merging_plain import distances
from segprior.regions.spectral import global_strength, random_walk
from segprior.regions.watershed import basins
from segprior.runtime import loops

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Judged",
    "Weights",
    "count_textons",
    "find_regions",
    "first_regions",
    "judge",
    "merge_graph",
    "merge_judged",
    "merge_regions",
]

# Smoothing, in pixels, of the map whose basins are the first regions.
_BASINS = 1.0

# Log odds of a boundary where nothing tells of one; the usual mean squares of the distances of
# texture; what a cost is where the odds are even.
_OFFSET = -6.9
_USUAL = (0.39, 0.039)
_SCALE = 20.0
# No logarithm of a root of odds counts as more.
_MOST = 20.0

# Boundary between the first regions of a photograph, as a share of its pixels. Levels are means
# over so much, not over what there is: in an image of two plain halves the only boundary is not
# an average one.
_DENSITY = 0.357


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What counts how much for a boundary; fitted and chosen on BSDS train images.

    Logarithms of odds, all but ``merged``; see :func:`segprior.methods.multiclass.hierarchy
    .segment_hierarchy` for how they are put together.

    Attributes
    ----------
    edge : float
        Root of the strength of the edge along the boundary, whose mean over images is 5.
    texture : float
        Root of the χ² distance of the histograms of words, over the level of such distances.
    diffused : float
        The same of the histograms after diffusion.
    merged : float
        Share of these two weights while regions are merged: the larger they are, the less the
        two differ by chance.
    whole : float
        Strength of the boundary in the whole image, 1 on average.
    size : float
        Logarithm of the smaller one's share of the image.
    """

    edge: float = 0.97
    texture: float = 0.40
    diffused: float = 1.30
    merged: float = 0.5
    whole: float = 0.6
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
    regions, strength = first_regions(colours, hidden)
    return regions, *merge_regions(regions, strength, textons, weights or Weights())


def first_regions(
    colours: NDArray[np.float32], hidden: Sequence[NDArray[np.float32]] = ()
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Divide an image into the basins of its boundary strength.

    Parameters
    ----------
    colours, hidden
        As of :func:`find_regions`.

    Returns
    -------
    regions : ndarray of int32, shape (h, w)
        0 to n - 1.
    strength : ndarray of float32, shape (h, w)
        From :func:`segprior.features.gradients.boundary_strength`.
    """
    from scipy.ndimage import gaussian_filter

    strength = boundary_strength(colours, hidden)
    return basins(gaussian_filter(strength, _BASINS)) - 1, strength


def merge_regions(
    regions: NDArray[np.int32],
    strength: NDArray[np.float32],
    textons: NDArray[np.int64],
    weights: Weights,
    *,
    seen: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Merge regions until there is one, the pair of lowest cost first.

    Parameters
    ----------
    regions : ndarray of int32, shape (h, w)
        0 to n - 1, connected.
    strength : ndarray of float32, shape (h, w)
        That of a boundary at each pixel; between two regions it is the mean over the pairs of
        pixels that touch, the larger one of each pair.
    textons : ndarray of int64, shape (h, w)
        Words of texture.
    weights : Weights
    seen : ndarray of float32, shape (h, w), optional
        Another strength for what is told from the whole image.

    Returns
    -------
    merges : ndarray of int32, shape (n - 1, 2)
        The second number is from then on part of the first, which is lower.
    costs : ndarray of float64, shape (n - 1,)
        Above 0 and never falling: that of a merge, or of one before it if that was higher.
    """
    if int(regions.max()) == 0:
        return np.zeros((0, 2), np.int32), np.zeros(0)
    return merge_judged(judge(regions, strength, textons, weights, seen=seen), weights)


class Judged(NamedTuple):
    """The graph of the first regions, and what speaks for a boundary between neighbours.

    Attributes
    ----------
    pairs : Pairs
    content : Content
    odds : ndarray of float64, shape (m,)
        Logarithm of the odds of a boundary between each pair, without what their textures and
        their sizes say.
    apart : ndarray of float64, shape (2, m)
        Distances of their histograms of words, as they are and diffused.
    texture : (float, float)
        What counts of each of the two.
    chances : ndarray of float64, shape (m,)
        Chance of a boundary between each pair, in [0, 1], as far as is told nearby, with what
        their textures say.
    walk : ndarray of float64, shape (n, k)
        From :func:`segprior.regions.spectral.random_walk`.
    """

    pairs: Pairs
    content: Content
    odds: NDArray[np.float64]
    apart: NDArray[np.float64]
    texture: tuple[float, float]
    chances: NDArray[np.float64]
    walk: NDArray[np.float64]

    def costs(self) -> NDArray[np.float64]:
        """What it costs to merge each pair, (m,), whatever their sizes: 20 at even odds."""
        apart = np.einsum("i,ij->j", self.texture, self.apart)
        found: NDArray[np.float64] = _SCALE * np.exp(np.minimum((self.odds + apart) / 2, _MOST))
        return found


def judge(
    regions: NDArray[np.int32],
    strength: NDArray[np.float32],
    textons: NDArray[np.int64],
    weights: Weights,
    *,
    seen: NDArray[np.float32] | None = None,
) -> Judged:
    """Find which regions touch and what speaks for a boundary there.

    Parameters
    ----------
    regions, strength, textons, weights, seen
        As of :func:`merge_regions`; two regions or more.
    """
    count = int(regions.max()) + 1
    histograms = count_textons(regions, textons)
    areas = histograms.sum(axis=1)
    content = Content(areas, histograms, histograms @ diffusion(textons))
    pairs = touching_pairs(regions.astype(np.int64), strength, count)
    edges = local = _edges(pairs, weights)
    if seen is not None:
        local = _edges(touching_pairs(regions.astype(np.int64), seen, count), weights)
    apart = [
        distances(of / areas[:, None], pairs.first, pairs.second)
        for of in (content.histograms, content.diffused)
    ]
    texture, diffused = (
        weight / (_level(of * of, pairs, regions.size) * usual) ** 0.25
        for weight, of, usual in zip(
            (weights.texture, weights.diffused), apart, _USUAL, strict=True
        )
    )
    nearby = local + texture * apart[0] + diffused * apart[1]
    chances = 1 / (1 + np.exp(-nearby))
    walk = random_walk(pairs, content, chances)
    odds = edges + weights.whole * global_strength(pairs, walk)
    return Judged(pairs, content, odds, np.stack(apart), (texture, diffused), chances, walk)


def merge_judged(judged: Judged, weights: Weights) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Do what :func:`merge_regions` does, from what :func:`judge` has found."""
    pairs, content, odds, _, (texture, diffused), *_ = judged
    merges, costs = merge_graph(
        pairs._replace(sums=odds * pairs.lengths),
        content,
        (weights.merged * texture, weights.merged * diffused, weights.size),
    )
    # Sizes are taken as shares of the image, so that a cost means the same on any.
    size = float(content.areas.sum())
    return merges, _SCALE * np.exp((costs - weights.size * math.log(size)) / 2)


def _edges(pairs: Pairs, weights: Weights) -> NDArray[np.float64]:
    """Log odds of a boundary between each pair, by the strength along it alone."""
    found: NDArray[np.float64] = _OFFSET + weights.edge * np.sqrt(pairs.sums / pairs.lengths)
    return found


def _level(values: NDArray[np.float64], pairs: Pairs, size: int) -> float:
    """Mean of what is known of each pair over the usual length of boundaries in so many pixels."""
    return max(float((values * pairs.lengths).sum()) / (_DENSITY * size), 1e-9)


def count_textons(regions: NDArray[np.int32], textons: NDArray[np.int64]) -> NDArray[np.float64]:
    """How often each word is in each region, (n, words), from maps (h, w) of both."""
    count, kinds = int(regions.max()) + 1, int(textons.max()) + 1
    flat = regions.ravel().astype(np.int64) * kinds + textons.ravel()
    return np.bincount(flat, minlength=count * kinds).reshape(count, kinds).astype(np.float64)


class _Input(ctypes.Structure):
    """``merge_input`` of native/src/loops.h."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("regions", "pairs", "words")),
        *((name, ctypes.c_void_p) for name in ("first", "second", "sums", "lengths")),
        *((name, ctypes.c_void_p) for name in ("areas", "histograms", "diffused")),
        ("weights", ctypes.c_double * 3),
    )


def merge_graph(
    pairs: Pairs, content: Content, weights: Sequence[float]
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Merge the regions of a connected graph until there is one, the pair of lowest cost first.

    By compiled loops (native/src/merging.cpp); without them in NumPy, with the same result.

    Parameters
    ----------
    pairs : Pairs
    content : Content
    weights : sequence of 3 float
        As for :func:`segprior.regions.merging_plain.merge_costs`.

    Returns
    -------
    merges, costs : ndarray
        As from :func:`merge_regions`, but costs of any sign. Of pairs at the same cost that of
        the lowest numbers is first.
    """
    if not loops.are_there():
        return merging_plain.merge_graph(pairs, content, weights)
    count, words = content.histograms.shape
    merges, costs = np.empty((count - 1, 2), np.int32), np.empty(count - 1)
    touching = [np.ascontiguousarray(of, np.int64) for of in (pairs.first, pairs.second)]
    sums = [np.ascontiguousarray(of, np.float64) for of in (pairs.sums, pairs.lengths, *content)]
    given = _Input(
        count, len(pairs.first), words,
        *(loops.address(of, np.int64) for of in touching),
        *(loops.address(of, np.float64) for of in sums),
        (ctypes.c_double * 3)(*weights),
    )  # fmt: skip
    merge = loops.function("merge_graph", ctypes.POINTER(_Input), loops.ints(), loops.doubles())
    merge(given, merges, costs)
    return merges, costs
