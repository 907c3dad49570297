"""The boundary of an object along the edges of the image at full size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.image.upsampling import between
from segprior.regions.band_cut import UNIT, contrasts, cut_band
from segprior.steering.answer import Answer, links_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.steering.marks import Marks
    from segprior.steering.weights import Weights

__all__ = ["follow_edges", "nearest"]

# Sides of the tiles in which a boundary is followed, and how far they look into each other.
_TILE, _MARGIN = 192, 8
# Odds of marks, and as far as others count.
_FIRM, _MOST = 1e4, 10.0


def nearest(small: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Enlarge a map, (h, w), by repeating its pixels."""
    rows, columns = (
        (2 * np.arange(size) + 1) * of // (2 * size)
        for size, of in zip(shape, small.shape, strict=True)
    )
    found: NDArray[Any] = small[:, columns][rows]  # rows are copied whole
    return found


def follow_edges(
    small: Answer,
    image: NDArray[np.uint16],
    marks: Marks,
    label: int,
    weights: Weights,
) -> NDArray[np.bool_]:
    """Bring an answer at the working size to full size.

    Its boundary is decided again, by the cheapest cut in a band along it.

    Parameters
    ----------
    small : Answer
    image : ndarray of uint16, shape (H, W, C)
    marks : Marks
    label : int
        Of the object.
    weights : Weights

    Returns
    -------
    ndarray of bool, shape (H, W)
    """
    from scipy.ndimage import uniform_filter

    shape = marks.shape
    found = nearest(small.mask, shape).astype(np.bool_)
    # Above 0 inside, and between -½ and ½ no more than a pixel and a half from the boundary.
    depth = uniform_filter(small.mask.astype(np.float32), 3, mode="nearest") - np.float32(0.5)
    odds = np.clip(small.odds, -_MOST, _MOST)
    wanted = np.where(marks.labels == label, 1, -1)
    for start in _tiles(np.abs(depth) < 0.49, shape):
        near = tuple(
            slice(max(at - _MARGIN, 0), min(at + _TILE + _MARGIN, size))
            for at, size in zip(start, shape, strict=True)
        )
        deep, said = (_enlarged(of, shape, near) for of in (depth, odds))
        inside = np.ones(len(wanted), bool)
        for places, of in zip(marks.places.T, near, strict=True):
            inside &= (places >= of.start) & (places < of.stop)
        rows, columns = (marks.places[inside] - [of.start for of in near]).T
        said[rows, columns] = wanted[inside] * _FIRM
        decided = _cut(deep, said, image[near], weights)
        inner = tuple(
            slice(at - of.start, at - of.start + _TILE) for at, of in zip(start, near, strict=True)
        )
        found[start[0] : start[0] + _TILE, start[1] : start[1] + _TILE] = decided[inner]
    found[marks.places[:, 0], marks.places[:, 1]] = wanted > 0
    return found


def _tiles(edges: NDArray[np.bool_], shape: tuple[int, int]) -> list[tuple[int, int]]:
    """Where tiles of the image begin that a boundary at the working size runs through."""
    touched = np.zeros([-(-size // _TILE) for size in shape], bool)
    places = np.argwhere(edges)
    for corner in (0, 1):
        down, across = (
            np.minimum(
                (places[:, axis] + corner) * shape[axis] // edges.shape[axis], shape[axis] - 1
            )
            // _TILE
            for axis in (0, 1)
        )
        touched[down, across] = True
    return [(row * _TILE, column * _TILE) for row, column in np.argwhere(touched).tolist()]


def _enlarged(
    small: NDArray[np.float32], shape: tuple[int, int], near: tuple[slice, ...]
) -> NDArray[np.float32]:
    """Part of a map enlarged bilinearly."""
    found = small
    for axis, (of, size) in enumerate(zip(near, shape, strict=True)):
        low, high, share = between(small.shape[axis], size)
        part = share[of, None] if axis == 0 else share[of]
        first, second = np.take(found, low[of], axis), np.take(found, high[of], axis)
        found = first + part * (second - first)
    return found


def _cut(
    depth: NDArray[np.float32],
    odds: NDArray[np.float32],
    pixels: NDArray[np.uint16],
    weights: Weights,
) -> NDArray[np.bool_]:
    """Decide the band along a boundary in one tile."""
    band = np.abs(depth) < 0.49
    if not band.any():
        return depth > 0
    steps = contrasts(pixels.astype(np.float32) / np.float32(65535))
    usual = max(float(steps[band].mean()), 1e-9)
    links = links_of(steps / np.float32(usual), weights)
    return cut_band(links, (odds * UNIT).astype(np.int32), band, depth > 0)
