"""The tree: at each threshold the pieces and their parts, the pieces inside those of the last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from segprior.regions.label_map import fill_holes
from segprior.regions.threshold_tree.measures import MEASURES, Level, measure
from segprior.regions.threshold_tree.parts import Parts, part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["ThresholdTree", "grow", "typical_radius"]

# The height is smoothed by this share of the typical radius, up to so many pixels.
_SMOOTH, _LARGEST, _LEAST = 0.15, 6.0, 0.5
# Logarithm by which a hill must rise above a saddle to be a part of its own.
_RISE = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class ThresholdTree:
    """N nodes, from the lowest threshold to the highest, at each children before parents.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns.
    pixels : list of ndarray of int64
        At each threshold the pixels above it, such that those of a node lie together.
    step : ndarray of int64, shape (N,)
        The threshold of each node.
    first, stop : ndarray of int64, shape (N,)
        Its range in ``pixels[step]``.
    part_of : ndarray of int64, shape (N,)
        The node at the same threshold of which it is a part; -1 for whole pieces.
    inside : ndarray of int64, shape (N,)
        For whole pieces the one at the threshold before that holds it; else -1.
    measures : ndarray of float64, shape (N, 12)
        In the order of :data:`~segprior.regions.threshold_tree.measures.MEASURES`.
    """

    shape: tuple[int, int]
    pixels: list[NDArray[np.int64]]
    step: NDArray[np.int64]
    first: NDArray[np.int64]
    stop: NDArray[np.int64]
    part_of: NDArray[np.int64]
    inside: NDArray[np.int64]
    measures: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.step)

    def of(self, node: int) -> NDArray[np.int64]:
        """Pixels of a node, counted along the rows."""
        found: NDArray[np.int64] = self.pixels[self.step[node]][self.first[node] : self.stop[node]]
        return found


def grow(level: Level, thresholds: Iterable[float]) -> ThresholdTree:
    """Threshold a level again and again, and part what is above by its shape.

    At each threshold holes are filled, and the logarithm of the distance to the outside, smoothed
    by a share of the typical radius, is the height whose hills are the parts.

    Parameters
    ----------
    level : Level
    thresholds : iterable of float
        Rising.

    Returns
    -------
    ThresholdTree
    """
    shape = level.values.shape
    columns: dict[str, list[NDArray[np.int64]]] = {
        name: [] for name in ("step", "first", "stop", "part_of", "inside")
    }
    pixels: list[NDArray[np.int64]] = []
    measures = [np.zeros((0, len(MEASURES)))]
    before = np.full(shape[0] * shape[1], -1)
    count = 0
    for threshold in thresholds:
        mask = fill_holes(level.values > threshold)
        if not mask.any():
            break
        parts = part(_height(mask), mask, _RISE)
        inside = np.flatnonzero(mask)
        hill = parts.hills.ravel()[inside]
        order = np.argsort(hill, kind="stable")
        inside, hill = inside[order], hill[order]
        begin = np.searchsorted(hill, np.arange(int(parts.stop.max()) + 1))
        whole = parts.parent < 0
        holder = np.where(whole, before[inside[begin[parts.first]]], -1)
        before = _pieces(parts, inside, hill, count, len(before))
        columns["step"].append(np.full(len(whole), len(pixels)))
        columns["first"].append(begin[parts.first])
        columns["stop"].append(begin[parts.stop])
        columns["part_of"].append(np.where(whole, -1, parts.parent + count))
        columns["inside"].append(holder)
        measures.append(measure(level, threshold, parts))
        pixels.append(inside)
        count += len(whole)
    nothing = np.zeros(0, np.int64)
    joined = {name: np.concatenate([nothing, *values]) for name, values in columns.items()}
    return ThresholdTree(
        shape=(shape[0], shape[1]), pixels=pixels, measures=np.concatenate(measures), **joined
    )


def typical_radius(distance: NDArray[np.float64]) -> float:
    """Median height of the peaks of a distance map that are higher than a pixel and a half.

    Parameters
    ----------
    distance : ndarray of float64, shape (h, w)
        To the outside of a mask, in pixels.

    Returns
    -------
    float
        3 where there is no peak.
    """
    from scipy import ndimage

    peaks = distance[(distance == ndimage.maximum_filter(distance, 7)) & (distance > 1.5)]
    return float(np.median(peaks)) if len(peaks) else 3.0


def _height(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    from scipy import ndimage

    distance = ndimage.distance_transform_edt(mask)
    sigma = float(np.clip(_SMOOTH * typical_radius(distance), _LEAST, _LARGEST))
    height: NDArray[np.float32] = ndimage.gaussian_filter(
        np.log(distance + 0.5).astype(np.float32), sigma, truncate=3
    )
    return height


def _pieces(
    parts: Parts, inside: NDArray[np.int64], hill: NDArray[np.int32], count: int, size: int
) -> NDArray[np.int64]:
    """The whole piece at each pixel, as a node of the tree; -1 outside."""
    whole = np.flatnonzero(parts.parent < 0)
    owner = np.zeros(int(parts.stop.max()), np.int64)
    for node in whole.tolist():
        owner[parts.first[node] : parts.stop[node]] = count + node
    found = np.full(size, -1)
    found[inside] = owner[hill]
    return found
