"""From marks to a mask at the working size: evidence, a cut along edges, and nothing loose."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from segprior.regions.band_cut import UNIT, cut_band
from segprior.steering.evidence import Sides, weigh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.steering.local_words import LocalWords
    from segprior.steering.scene import Scene
    from segprior.steering.weights import Weights

__all__ = ["Answer", "answer", "links_of", "tidy"]

# What is marked, and what is a pixel from it.
_FIRM, _BESIDE = 1e4, 3.0
# Links aside, and across.
_LENGTHS = np.array([1, 1, 0.5**0.5, 0.5**0.5], np.float32)


class Answer(NamedTuple):
    """One object at the working size.

    Attributes
    ----------
    mask : ndarray of bool, shape (h, w)
    odds : ndarray of float32, shape (h, w)
        Logarithm of the odds of object, by each pixel and its region.
    """

    mask: NDArray[np.bool_]
    odds: NDArray[np.float32]


def links_of(contrasts: NDArray[np.float32], weights: Weights) -> NDArray[np.int32]:
    """What it costs to part neighbours, (h, w, 4), by their contrast over the usual one."""
    costs = np.exp(-weights.steepness * contrasts) + np.float32(weights.least)
    found: NDArray[np.int32] = (costs * (weights.link * UNIT * _LENGTHS)).astype(np.int32)
    return found


def answer(
    scene: Scene,
    words: tuple[LocalWords, LocalWords],
    links: NDArray[np.int32],
    sides: Sides,
    weights: Weights,
) -> Answer:
    """Find one object.

    Parameters
    ----------
    scene : Scene
    words : (LocalWords, LocalWords)
    links : ndarray of int32, shape (h, w, 4)
        From :func:`links_of`.
    sides : Sides
    weights : Weights
    """
    from scipy.ndimage import binary_dilation, gaussian_filter

    evidence = weigh(scene, words, sides, weights)
    reading = evidence.reading
    odds = reading.regions * evidence.regions.astype(np.float32)[scene.regions]
    odds += np.float32(reading.pixels) * gaussian_filter(evidence.words, 1.0)
    for side in (1, -1):
        marked = sides.marks == side
        if marked.any():
            beside = binary_dilation(marked, np.ones((3, 3), bool)) & (sides.marks == 0)
            odds[beside] += side * _BESIDE
            odds[marked] = side * _FIRM
    if sides.inside is not None:
        odds[~sides.inside] = -_FIRM
    band = np.abs(odds) < weights.unsure
    mask = cut_band(links, (odds * UNIT).astype(np.int32), band, odds > 0)
    touched = sides.marks
    if sides.start is not None:
        touched = np.where((touched == 0) & (sides.start > 0.5), np.int8(1), touched)
    return Answer(tidy(mask, touched, weights.hole), odds)


def tidy(mask: NDArray[np.bool_], marks: NDArray[np.int8], share: float) -> NDArray[np.bool_]:
    """Drop pieces that nothing marks, and fill small holes that nothing marks.

    Where no piece is marked those stay that are not small, and the largest.

    Parameters
    ----------
    mask : ndarray of bool, shape (h, w)
    marks : ndarray of int8, shape (h, w)
        1 where object is marked, -1 where ground is.
    share : float
        Of the mask, below which a piece or a hole is small.
    """
    from scipy import ndimage

    pieces, count = ndimage.label(mask)
    if count:
        kept = np.zeros(count + 1, bool)
        kept[pieces[marks > 0]] = True
        if not kept[1:].any():
            sizes = np.bincount(pieces.ravel())[1:]
            kept[1:] = sizes >= min(share * sizes.sum(), sizes.max())
        kept[0] = False
        mask = kept[pieces]
    holes, count = ndimage.label(~mask)
    sizes = np.bincount(holes.ravel(), minlength=count + 1)
    kept = sizes >= share * (mask.size - sizes[1:].sum())
    kept[holes[marks < 0]] = True
    kept[0] = False
    found: NDArray[np.bool_] = ~kept[holes]
    return found
