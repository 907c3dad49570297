"""Textons: typical colours and roughnesses of an image, and which of them each pixel is."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from segprior.runtime.devices import thread_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["colour_words", "texton_map"]

# Chosen on every fifth BSDS train image (docs/quality.md).
TEXTONS = 48
LIGHTNESS = 0.6
ROUGHNESS = 1.5
_SCALES = (1, 2)
COLOURS = 64
_SAMPLE = 5000
_ROUNDS = 6


def texton_map(colours: NDArray[np.float32], seed: int) -> NDArray[np.int64]:
    """Give each pixel the nearest of a few textons, which say its colour and roughness.

    Parameters
    ----------
    colours : ndarray of float32, shape (h, w, C)
        From :func:`as_colours`.
    seed : int
        Of the sample of pixels and of K-means, which finds the textons on it.

    Returns
    -------
    ndarray of int64, shape (h, w)
        0 to 47.
    """
    from scipy.ndimage import gaussian_filter

    maps, light = _maps(colours)
    for scale in _SCALES:
        fine = (light - gaussian_filter(light, scale)) ** 2
        maps.append(ROUGHNESS * np.sqrt(gaussian_filter(fine, 2 * scale)))
    return _nearest(maps, TEXTONS, seed)


def colour_words(colours: NDArray[np.float32], seed: int) -> NDArray[np.int64]:
    """Give each pixel the nearest of a few colours.

    Parameters
    ----------
    colours, seed
        As of :func:`texton_map`.

    Returns
    -------
    ndarray of int64, shape (h, w)
        0 to 63.
    """
    return _nearest(_maps(colours)[0], COLOURS, seed)


def _maps(
    colours: NDArray[np.float32],
) -> tuple[list[NDArray[np.float32]], NDArray[np.float32]]:
    """Colours as they count, and the lightness."""
    if colours.shape[2] == 3:
        light = colours[..., 0]
        return [light * LIGHTNESS, colours[..., 1], colours[..., 2]], light
    light = colours.mean(axis=2) * np.float32(math.sqrt(colours.shape[2]))
    return list(np.moveaxis(colours * LIGHTNESS, -1, 0)), light


def _nearest(maps: list[NDArray[np.float32]], count: int, seed: int) -> NDArray[np.int64]:
    """Which of some words, found on a sample of the pixels, is nearest to each pixel."""
    from scipy.spatial import KDTree

    shape = maps[0].shape
    described = np.stack(maps, -1).reshape(-1, len(maps)).astype(np.float64)
    random = np.random.default_rng(seed)
    size = len(described)
    sample = described[random.choice(size, min(_SAMPLE, size), replace=False)]
    words = KDTree(_words(sample, count, random))
    return np.asarray(words.query(described, workers=thread_count())[1]).reshape(shape)


def _words(
    sample: NDArray[np.float64], count: int, random: np.random.Generator
) -> NDArray[np.float64]:
    from scipy.cluster.vq import kmeans2

    different = np.unique(sample, axis=0)
    if len(different) <= count:
        return different
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a texton without pixels stays where it was
        found: NDArray[np.float64] = kmeans2(sample, count, iter=_ROUNDS, minit="++", rng=random)[0]
    return found
