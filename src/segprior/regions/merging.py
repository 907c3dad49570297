"""Regions merged one pair at a time, the most similar neighbours first."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np

from segprior.features.gradients import boundary_strength
from segprior.regions import merging_plain
from segprior.regions.adjacency import Content, Pairs, touching_pairs
from segprior.regions.watershed import basins
from segprior.runtime import loops

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Weights", "count_textons", "find_regions", "merge_graph", "merge_regions"]

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

    strength = boundary_strength(colours, hidden)
    regions = basins(gaussian_filter(strength, _BASINS)) - 1
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
    merges, costs = merge_graph(
        touching_pairs(flat.reshape(regions.shape), strength, count),
        Content(areas, sums, count_textons(regions, textons)),
        astuple(weights),
    )
    # Sizes are taken as shares of the image, so that a cost means the same on any.
    return merges, costs * float(regions.size) ** -weights.size


def count_textons(regions: NDArray[np.int32], textons: NDArray[np.int64]) -> NDArray[np.float64]:
    """How often each word is in each region, (n, words), from maps (h, w) of both."""
    count, kinds = int(regions.max()) + 1, int(textons.max()) + 1
    flat = regions.ravel().astype(np.int64) * kinds + textons.ravel()
    return np.bincount(flat, minlength=count * kinds).reshape(count, kinds).astype(np.float64)


class _Input(ctypes.Structure):
    """``merge_input`` of native/src/loops.h."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("regions", "pairs", "channels", "words")),
        *((name, ctypes.c_void_p) for name in ("first", "second", "sums", "lengths")),
        *((name, ctypes.c_void_p) for name in ("areas", "colours", "histograms")),
        ("weights", ctypes.c_double * 4),
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
    weights : sequence of 4 float
        Those of :class:`Weights`, in their order. Areas count in pixels here.

    Returns
    -------
    merges, costs : ndarray
        As from :func:`merge_regions`, but with areas in pixels. Of pairs at the same cost that
        of the lowest numbers is first.
    """
    if not loops.are_there():
        return merging_plain.merge_graph(pairs, content, weights)
    count, channels = content.colours.shape
    merges, costs = np.empty((count - 1, 2), np.int32), np.empty(count - 1)
    touching = [np.ascontiguousarray(of, np.int64) for of in (pairs.first, pairs.second)]
    sums = [np.ascontiguousarray(of, np.float64) for of in (pairs.sums, pairs.lengths, *content)]
    given = _Input(
        count, len(pairs.first), channels, content.histograms.shape[1],
        *(loops.address(of, np.int64) for of in touching),
        *(loops.address(of, np.float64) for of in sums),
        (ctypes.c_double * 4)(*weights),
    )  # fmt: skip
    merge = loops.function("merge_graph", ctypes.POINTER(_Input), loops.ints(), loops.doubles())
    merge(given, merges, costs)
    return merges, costs
