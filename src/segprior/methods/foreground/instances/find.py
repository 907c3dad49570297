"""Small things one by one: the pieces of a tree of thresholds that are most like whole things."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from segprior.features.contrast_axis import contrast_level
from segprior.image.noise import noise_level, noise_of
from segprior.image.pyramid import Pyramid
from segprior.methods.foreground.instances.fitness import FIRST, SECOND, Weights, fitness
from segprior.methods.foreground.instances.outlines import at_own_level, in_order
from segprior.regions.threshold_tree.choice import choose, paint
from segprior.regions.threshold_tree.measures import Level
from segprior.regions.threshold_tree.tree import ThresholdTree, grow

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["WORKING_SIZE", "Things", "find_things", "level_of", "pick", "tree_of", "usual_area"]

# Longest side, in pixels, at which things are told apart.
WORKING_SIZE = 1536
# Standard deviation of the blur, and that of a noisy image, in pixels.
_BLUR, _STRONG_BLUR = 0.8, 2.0
_LOW, _HIGH = 2.0, 99.8
_THRESHOLDS = 14
# Fewest pixels of a thing.
_LEAST = 12
# Standard deviation of the logarithm of the area of things whose size is given.
_SPREAD = 0.7
# How likely a node must be a thing to say what size things have, and to be one.
_SURE, _LIKELY = 0.5, 0.33


@dataclass(frozen=True, kw_only=True, eq=False)
class Things:
    """What was found.

    Attributes
    ----------
    labels : ndarray of int32, shape (H, W)
        1 to n, in the order of their first pixels; 0 where there is none.
    likely : ndarray of float64, shape (n,)
        How likely each is one whole thing.
    diameter : float
        Of a circle of the usual area, in pixels of the image; 0 if nothing was found.
    """

    labels: NDArray[np.int32]
    likely: NDArray[np.float64]
    diameter: float


def find_things(
    image: Pyramid, mask: NDArray[np.bool_], diameter: float | None = None, min_size: int = 0
) -> Things:
    """Find things that stand out from their ground, and part those that touch.

    Parameters
    ----------
    image : Pyramid
        Not of one colour; reduced to a longest side of 1536 pixels if it is larger.
    mask : ndarray of bool, shape (H, W)
        Roughly where things are: it says whether they are brighter or darker than their ground.
    diameter : float, optional
        Of usual things, in pixels; by default that of those that are told most surely.
    min_size : int
        Pixels that a thing must have.

    Returns
    -------
    Things
    """
    shape = image.shape
    small = image.at(WORKING_SIZE)
    ratio = math.sqrt(small.shape[0] * small.shape[1] / (shape[0] * shape[1]))
    down, across = (
        np.arange(new) * old // new for new, old in zip(small.shape, shape, strict=False)
    )
    level = level_of(small, mask[np.ix_(down, across)])
    found = pick(
        level,
        tree_of(level),
        area=None if diameter is None else math.pi * (diameter * ratio / 2) ** 2,
        least=max(min_size, math.ceil(_LEAST / ratio**2)),
        shape=shape,
    )
    return Things(labels=found.labels, likely=found.likely, diameter=found.diameter / ratio)


def pick(
    level: Level,
    tree: ThresholdTree,
    *,
    area: float | None = None,
    least: int = _LEAST,
    shape: tuple[int, int] | None = None,
    first: Weights = FIRST,
    second: Weights = SECOND,
) -> Things:
    """Pick the things of a tree, and draw each at its own level.

    Parameters
    ----------
    level : Level
    tree : ThresholdTree
        Of the level.
    area : float, optional
        Of usual things, in pixels; by default that of those that are told most surely.
    least : int
        Pixels that a thing must have, of those of the shape.
    shape : (int, int), optional
        Rows and columns to draw things at; by default those of the level.
    first, second : sequence of float
        Weights of :mod:`segprior.methods.foreground.instances.fitness`, before the usual area is
        known and after.

    Returns
    -------
    Things
        Their diameter is in pixels of the level.
    """
    told = area is not None
    area = usual_area(tree, first) if area is None else area
    if not area:
        nothing = np.zeros(shape or tree.shape, np.int32)
        return Things(labels=nothing, likely=np.zeros(0), diameter=0.0)
    likely = fitness(tree.measures, second, area)
    if told:
        # Who says how large things are knows better than their usual spread.
        likely = likely * np.exp(-((np.log(tree.measures[:, 0] / area) / _SPREAD) ** 2) / 2)
    chosen = choose(tree, _worth(tree, likely, _LIKELY))
    drawn = at_own_level(paint(tree, chosen), level.values, shape)
    labels, before = in_order(drawn, least)
    return Things(
        labels=labels,
        likely=likely[np.array(chosen, np.int64)[before - 1]],
        diameter=2 * math.sqrt(area / math.pi),
    )


def usual_area(tree: ThresholdTree, weights: Weights = FIRST) -> float:
    """Say how large things are, in pixels, by those that are told most surely.

    Parameters
    ----------
    tree : ThresholdTree
    weights : sequence of float
        By which things are told while their size is not known.

    Returns
    -------
    float
        Such that half of the pixels of things are in larger ones, whatever specks there are; 0
        without things.
    """
    sure = choose(tree, _worth(tree, fitness(tree.measures, weights), _SURE))
    areas = np.sort(tree.measures[sure, 0])
    pixels = np.cumsum(areas)
    return float(areas[np.searchsorted(pixels, pixels[-1] / 2)]) if sure else 0.0


def level_of(image: NDArray[np.float32], mask: NDArray[np.bool_]) -> Level:
    """The level along which things are told, so that it is higher in the mask.

    Parameters
    ----------
    image : ndarray of float32, shape (h, w, C)
    mask : ndarray of bool, shape (h, w)

    Returns
    -------
    Level
    """
    from scipy import ndimage

    raw = contrast_level(image)
    if mask.any() and not mask.all() and raw[mask].mean() < raw[~mask].mean():
        raw = -raw
    noisy = noise_of(image) > noise_level(WORKING_SIZE)
    values = ndimage.gaussian_filter(raw, _STRONG_BLUR if noisy else _BLUR)
    low, high = (float(value) for value in np.percentile(values, (_LOW, _HIGH)))
    slope = ndimage.gaussian_gradient_magnitude(values, 1.0)
    return Level(values=values, slope=slope, low=low, span=max(high - low, 1e-6))


def _thresholds(level: Level) -> NDArray[np.float64]:
    """Thresholds from the ground to the brightest, closer together near the ground."""
    share: NDArray[np.float64] = 0.04 + 0.9 * np.linspace(0, 1, _THRESHOLDS) ** 1.5
    return level.low + level.span * share


def tree_of(level: Level) -> ThresholdTree:
    """All that may be a thing."""
    return grow(level, _thresholds(level))


def _worth(tree: ThresholdTree, likely: NDArray[np.float64], least: float) -> NDArray[np.float64]:
    """What is gained by a node: how much likelier it is a thing than it must be."""
    return np.where(tree.measures[:, 0] >= _LEAST, likely - least, -1.0)
