"""The reading that fits an image: one object, or small things."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Literal

import numpy as np

from segprior.image.noise import blur, noise_level, noise_of
from segprior.image.pyramid import Pyramid
from segprior.methods.foreground.adaptive_threshold import LARGEST_SIZE, read_things
from segprior.methods.foreground.candidate import Candidate
from segprior.methods.foreground.salient_object import OBJECT_SIZE, load_libraries, read_object

__all__ = ["choose", "read"]

# How far a noisy image is blurred first, in pixels of LARGEST_SIZE.
_BLUR = 2.0
# Of the choice between the readings: logistic regression, see docs/quality.md.
_AGREEMENT, _FLATNESS, _OFFSET = -12.0, -14.5, 10.9


def read(
    image: Pyramid, seed: int, reading: Literal["auto", "object", "things"] = "auto"
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
        found, probability = choose(one, many)
        found.evidence.update(one.evidence | many.evidence, things=probability)
    found.evidence.update(reading=float(found.kind == "things"), noise=noise)
    # Against the levels of a blurred image single pixels of a noisy one cannot be told.
    return replace(found, levels=None) if noisy else found


def choose(one: Candidate, many: Candidate) -> tuple[Candidate, float]:
    """Tell which reading fits an image, and how probable it is that small things do.

    Voters that agree on an object speak for it; levels of which one side is flat speak for
    things on a plain ground.

    Parameters
    ----------
    one, many : Candidate
        Of :func:`read_object` and :func:`read_things`.

    Returns
    -------
    reading : Candidate
    probability : float
        Of the things.
    """
    odds = _AGREEMENT * one.evidence["agreement"] + _FLATNESS * many.evidence["flatness"] + _OFFSET
    probability = 1 / (1 + float(np.exp(-odds)))
    return (many if probability > 0.5 else one), probability
