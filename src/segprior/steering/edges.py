"""The boundary of an object along the edges of the image at full size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from segprior.image.colour import as_colours
from segprior.image.upsampling import enlarge
from segprior.regions.band_cut import UNIT, contrasts, cut_band
from segprior.steering.answer import Answer, links_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.steering.marks import Marks
    from segprior.steering.weights import Weights

__all__ = ["follow_edges"]

# Sides of the tiles in which a boundary is followed, and how far they reach into each other.
_TILE, _MARGIN = 128, 8
_FIRM = 1e4


def follow_edges(
    small: Answer,
    image: NDArray[np.uint8] | NDArray[np.uint16],
    marks: Marks,
    label: int,
    weights: Weights,
) -> Answer:
    """Bring an answer at the working size to full size.

    Its boundary is enlarged, and then decided again by the cheapest cut in a band along it.

    Parameters
    ----------
    small : Answer
    image : ndarray of uint8 or uint16, shape (H, W, C)
    marks : Marks
    label : int
        Of the object.
    weights : Weights
    """
    mask = np.empty(marks.shape, bool)
    odds = np.empty(marks.shape, np.float32)
    maps = np.stack([small.mask.astype(np.float32) - np.float32(0.5), small.odds])
    np.clip(maps[1], -10, 10, out=maps[1])
    for rows, strip in enlarge(maps, marks.shape):
        mask[rows], odds[rows] = strip[0] > 0, strip[1]
    reach = math.ceil(max(np.array(marks.shape) / small.mask.shape)) + 1
    sides = np.where(marks.labels == label, 1, -1)
    rows, columns = marks.places.T
    odds[rows, columns] = sides * np.float32(_FIRM)
    wrong = mask[rows, columns] != (sides > 0)
    mask[rows, columns] = sides > 0
    tiles = _tiles(mask)
    tiles.update(zip((rows[wrong] // _TILE).tolist(), (columns[wrong] // _TILE).tolist(), strict=True))
    found = mask.copy()
    for row, column in sorted(tiles):
        _cut_tile(found, mask, odds, image, (row * _TILE, column * _TILE), reach, weights)
    found[rows, columns] = sides > 0
    return Answer(found, odds)


def _tiles(mask: NDArray[np.bool_]) -> set[tuple[int, int]]:
    """Tiles in which the boundary runs."""
    edges = np.zeros(mask.shape, bool)
    edges[:-1] |= mask[1:] != mask[:-1]
    edges[:, :-1] |= mask[:, 1:] != mask[:, :-1]
    rows, columns = np.nonzero(edges)
    keys = np.unique(rows // _TILE * (mask.shape[1] // _TILE + 1) + columns // _TILE)
    return set(zip(*(of.tolist() for of in np.divmod(keys, mask.shape[1] // _TILE + 1)), strict=True))


def _cut_tile(
    found: NDArray[np.bool_],
    mask: NDArray[np.bool_],
    odds: NDArray[np.float32],
    image: NDArray[np.uint8] | NDArray[np.uint16],
    start: tuple[int, int],
    reach: int,
    weights: Weights,
) -> None:
    """Decide the band in one tile, looking a little beyond it."""
    from scipy.ndimage import maximum_filter, minimum_filter

    margin = _MARGIN + reach
    near = tuple(
        slice(max(at - margin, 0), min(at + _TILE + margin, size))
        for at, size in zip(start, mask.shape, strict=True)
    )
    inner = tuple(
        slice(at - of.start, min(at + _TILE, size) - of.start)
        for at, of, size in zip(start, near, mask.shape, strict=True)
    )
    here = mask[near]
    size = 2 * reach + 1
    band = maximum_filter(here, size) & ~minimum_filter(here, size)
    pixels = image[near]
    colours = as_colours(pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max))
    steps = contrasts(colours)
    links = links_of(steps / np.float32(max(float(steps[band].mean()), 1e-6)), weights)
    decided = cut_band(links, (odds[near] * UNIT).astype(np.int32), band, here)
    whole = tuple(slice(at, min(at + _TILE, size)) for at, size in zip(start, mask.shape, strict=True))
    found[whole] = decided[inner]
