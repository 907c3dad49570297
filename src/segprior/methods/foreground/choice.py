"""The reading that fits an image: one object, or small things."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from segprior.image.colour import as_colours
from segprior.image.noise import blur, noise_level, noise_of
from segprior.image.pyramid import Pyramid
from segprior.image.resize import resize
from segprior.methods.foreground.adaptive_threshold import LARGEST_SIZE, read_things
from segprior.methods.foreground.candidate import Candidate
from segprior.methods.foreground.salient_object import OBJECT_SIZE, load_libraries, read_object

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["choose", "read"]

# How far a noisy image is blurred first, in pixels of LARGEST_SIZE.
_BLUR = 2.0
# Of the choice between the readings: logistic regression, see docs/quality.md.
_ODDS = {"pieces": 1.31, "area": -1.43, "ground": -2.89, "common": 1.74, "object": -10.84}
_OFFSET = -1.47
# Pixels from which on a piece counts, and the share of the image that no area is taken below.
_SPECK, _LEAST = 9, 0.003
# Where there is no object, things must be told this surely: noise has up to .35, halves have 1.
_TELLS = 0.4
# Who asks for things one by one has said something of what there is.
_COUNTED = 0.2


def read(
    image: Pyramid,
    seed: int,
    reading: Literal["auto", "object", "things"] = "auto",
    *,
    counted: bool = False,
) -> Candidate:
    """Read an image in the way that fits it, or in the one asked for.

    Parameters
    ----------
    image : Pyramid
        Not all one colour.
    seed : int
        Of the voters.
    reading : {"auto", "object", "things"}
        Which reading to take.
    counted : bool
        Whether things are asked for one by one: then they are taken from a probability of .2 on.

    Returns
    -------
    Candidate
        ``evidence`` also has ``reading``, 1 for things; ``noise``, an estimate of its standard
        deviation, above .04 of which the image is blurred first; and where both readings were
        made ``things``, the probability of theirs.
    """
    small = image.at(LARGEST_SIZE)
    noise = noise_of(small)
    if noisy := noise > noise_level(LARGEST_SIZE):
        small = blur(small, _BLUR)
        image = Pyramid(small)
    if reading == "object":
        found = read_object(image.at(OBJECT_SIZE), seed)
    elif reading == "things":
        found = read_things(small)
    else:
        load_libraries()
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(read_things, small)
            one = read_object(image.at(OBJECT_SIZE), seed)
            many = waiting.result()
        found, probability = choose(small, one, many, counted=counted)
        found.evidence.update(one.evidence | many.evidence, things=probability)
    found.evidence.update(reading=float(found.kind == "things"), noise=noise)
    # Against the levels of a blurred image single pixels of a noisy one cannot be told.
    return replace(found, levels=None) if noisy else found


def choose(
    image: NDArray[np.float32], one: Candidate, many: Candidate, *, counted: bool = False
) -> tuple[Candidate, float]:
    """Tell which reading fits an image, and how probable it is that small things do.

    Things that are told surely go before an object that is not there. Else for things speak many
    pieces that are alike in size and small in all, a ground of few colours once they are taken
    away, and an object that is small or the same.

    Parameters
    ----------
    image : ndarray of float32, shape (h, w, C)
        That the things were read from.
    one, many : Candidate
        Of :func:`read_object` and :func:`read_things`.
    counted : bool
        As of :func:`read`.

    Returns
    -------
    reading : Candidate
    probability : float
        Of the things.
    """
    # Things in things say nothing of what the image is.
    things = (many.share if many.outer is None else many.outer) > 0.5
    size = image.shape[:2]
    seen = resize(one.share[..., None], size)[..., 0] > 0.5
    either = np.count_nonzero(things | seen)
    told = {
        "pieces": math.log(_pieces(things)),
        "area": math.log(float(things.mean()) + _LEAST),
        "ground": _variance_left(as_colours(image), ~things),
        "common": np.count_nonzero(things & seen) / either if either else 0.0,
        "object": float(seen.mean()),
    }
    odds = _OFFSET + sum(weight * told[name] for name, weight in _ODDS.items())
    probability = 1 / (1 + math.exp(-odds))
    if one.score == 0 or not things.any():
        # One of them has nothing to say; noise is split by any threshold.
        probability = float(things.any() and many.score > _TELLS)
    least = _COUNTED if counted else 0.5
    return (many if probability > least else one), probability


def _pieces(mask: NDArray[np.bool_]) -> float:
    """How many pieces of one size would be as even a division as those of a mask; 1 or more."""
    from scipy import ndimage

    pieces, count = ndimage.label(mask)
    areas = np.bincount(pieces.ravel(), minlength=count + 1)[1:]
    areas = areas[areas >= _SPECK]
    if not len(areas):
        return 1.0
    shares = areas / areas.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _variance_left(colours: NDArray[np.float32], ground: NDArray[np.bool_]) -> float:
    """Variance of the colours of the ground over that of all; 1 where there is none of either."""
    total = float(colours.reshape(-1, colours.shape[2]).var(axis=0, dtype=np.float64).sum())
    if not ground.any() or total <= 0:
        return 1.0
    return float(colours[ground].var(axis=0, dtype=np.float64).sum()) / total
