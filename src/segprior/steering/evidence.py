"""How much speaks for each region, given what is marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.steering.local_words import LocalWords
    from segprior.steering.scene import Scene
    from segprior.steering.weights import Reading, Weights

__all__ = ["Evidence", "Sides", "weigh"]

# Marks hold their regions as strongly as this.
_FIRM = 1e6
# No share of walks below this is told from none.
_FAINT = 1e-3
# Distances count from here: as a share of the diagonal, and of the median way from the border.
_CLOSE, _ON_THE_WAY = 0.05, 0.3
# More marks than this are thinned where distances to them are measured.
_MANY = 256


@dataclass(frozen=True, kw_only=True, eq=False)
class Sides:
    """What is known of one object at the working size.

    Attributes
    ----------
    marks : ndarray of int8, shape (h, w)
        1 where object is marked, -1 where ground is, else 0.
    inside : ndarray of bool, shape (h, w), optional
        Where the object may be, if a box says so; the rest is ground.
    start : ndarray of float32, shape (h, w), optional
        How much each pixel is object, in [0, 1], in a mask to start from.
    open : bool
        Whether the border of the image counts as ground.
    """

    marks: NDArray[np.int8]
    inside: NDArray[np.bool_] | None = None
    start: NDArray[np.float32] | None = None
    open: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """What speaks for object.

    Attributes
    ----------
    regions : ndarray of float64, shape (n,)
        Logarithm of the odds that each region is object.
    words : ndarray of float32, shape (h, w)
        What the words of each pixel say.
    reading : Reading
        By which it was read.
    """

    regions: NDArray[np.float64]
    words: NDArray[np.float32]
    reading: Reading


def weigh(
    scene: Scene, words: tuple[LocalWords, LocalWords], sides: Sides, weights: Weights
) -> Evidence:
    """Find how much speaks for each region.

    Parameters
    ----------
    scene : Scene
    words : (LocalWords, LocalWords)
        Of its textons and its tints.
    sides : Sides
    weights : Weights

    Notes
    -----
    The logarithm of the odds is a sum of what five things say: where a random walk over the
    regions ends first (screened: some of it is lost on the way, and more at the border of the
    image, which counts as ground); how near marks of either side are, as the crow flies and by the
    cheapest way over boundaries; and how much more frequent the words of the region's pixels are
    in the object nearby than in the ground. For words to be counted something must be known of
    where the object is: what the walk says first, then what all together say.

    References
    ----------
    .. [1] L. Grady: Random walks for image segmentation. IEEE TPAMI 28(11), 2006.
       doi:10.1109/TPAMI.2006.233
    .. [2] X. Bai, G. Sapiro: A geodesic framework for fast interactive image and video
       segmentation and matting. ICCV 2007. doi:10.1109/ICCV.2007.4408931
    """
    held = _held(scene, sides)
    reading = _reading(sides, weights)
    walk = _walk(scene, sides, held, reading, weights.pull)
    middle = _middle(scene, sides.inside)
    fixed = reading.bias + reading.walk * walk + reading.middle * middle
    fixed += _distances(scene, sides, held, reading)
    begun = reading.begun * walk + reading.drawn * middle
    if sides.start is not None:
        fixed += weights.start * (4 * scene.mean(sides.start) - 2)
        begun = fixed
    shares = _settled(begun, held)
    for _ in range(reading.rounds):
        at_pixels = shares[scene.regions]
        one, other = (of.odds(at_pixels, reading.everywhere) for of in words)
        said = one + np.float32(reading.vocabulary) * (other - one)
        found = fixed + reading.words * scene.mean(said)
        shares = _settled(found, held)
    return Evidence(regions=found, words=said, reading=reading)


def _reading(sides: Sides, weights: Weights) -> Reading:
    """How it is read, by whether it is known of any pixel that it is object."""
    known = sides.start is not None or bool((sides.marks > 0).any())
    return weights.marked if known else weights.boxed


def _held(scene: Scene, sides: Sides) -> NDArray[np.int8]:
    """The side, 1 or -1, of each region that marks hold; 0 for others, and where both do."""
    held = np.zeros(scene.count, np.int8)
    ours, theirs = (np.unique(scene.regions[sides.marks == side]) for side in (1, -1))
    if sides.inside is not None:
        held[scene.mean(sides.inside) < 0.5] = -1
    held[ours] = 1
    held[np.setdiff1d(theirs, ours)] = -1
    held[np.intersect1d(ours, theirs)] = 0
    return held


def _middle(scene: Scene, inside: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    """How near regions are to the middle of a box: 1 there, -1 far from it; 0 without one."""
    if inside is None:
        return np.zeros(scene.count)
    squares = np.zeros(scene.count)
    for centre, along in zip(scene.centres, (inside.any(axis=1), inside.any(axis=0)), strict=True):
        places = np.flatnonzero(along)
        squares += ((centre - places.mean()) / max(len(places) / 2, 1)) ** 2
    return 2 * np.exp(-squares) - 1


def _settled(odds: NDArray[np.float64], held: NDArray[np.int8]) -> NDArray[np.float64]:
    """How much each region is object, by the logarithm of the odds and by marks."""
    shares = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    return np.where(held == 0, shares, held > 0)


def _walk(
    scene: Scene, sides: Sides, held: NDArray[np.int8], reading: Reading, pull: float
) -> NDArray[np.float64]:
    """Logarithm of the odds that a walk ends at the object."""
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import splu

    to_ground = np.where(held < 0, _FIRM, 0.0)
    to_object = np.where(held > 0, _FIRM, 0.0)
    if not (sides.marks > 0).any():
        to_object += pull * scene.areas * (held == 0)
    if sides.open and sides.inside is None:
        to_ground += reading.border * scene.border
    system: Any = scene.laplacian(reading.fall)
    system = system + diags_array(to_ground + to_object + reading.lost * scene.areas)
    solver = splu(system.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    ends = np.maximum(solver.solve(np.stack([to_object, to_ground], -1)), 0) + _FAINT
    found: NDArray[np.float64] = np.log(ends[:, 0] / ends[:, 1])
    return found


def _distances(
    scene: Scene, sides: Sides, held: NDArray[np.int8], reading: Reading
) -> NDArray[np.float64]:
    """What the distances to marks of either side say."""
    if not (held > 0).any():
        return np.zeros(scene.count)
    flights, ways = [], []
    usual = max(float(np.median(scene.from_border)), 1e-6) if scene.count > 1 else 1.0
    for side in (1, -1):
        regions = np.flatnonzero(held == side)
        if len(regions):
            ways.append(scene.way_from(regions))
        elif sides.open:
            ways.append(scene.from_border)
        else:
            ways.append(np.full(scene.count, ways[0].max() if ways else usual))
        flights.append(_flight(scene, sides.marks == side))
    near, far = flights
    short, long = ways
    at_most = short[np.isfinite(short)].max()
    short, long = (np.minimum(of, at_most * 4 + usual) for of in (short, long))
    close, begun = _CLOSE * scene.diagonal, _ON_THE_WAY * usual
    found: NDArray[np.float64] = reading.near * np.log((far + close) / (near + close))
    found += reading.path * np.log((long + begun) / (short + begun))
    return found


def _flight(scene: Scene, marked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Distance of each region from the nearest mark, in pixels; the diagonal without marks."""
    places = np.argwhere(marked)
    if len(places) == 0:
        return np.full(scene.count, scene.diagonal)
    if len(places) > _MANY:
        places = places[:: len(places) // _MANY]
    steps = scene.centres.T[:, None] - places
    found: NDArray[np.float64] = np.sqrt((steps * steps).sum(-1).min(1))
    return found
