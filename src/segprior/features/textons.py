"""Words of texture: typical patches of colour and roughness, and which of them each pixel is."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from segprior.features.gradients import SCALES

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["texture_codes"]

# Chosen on every fifth BSDS train image (docs/quality.md).
WORDS = 48
LIGHTNESS = 0.6
ROUGHNESS = 1.5
_SAMPLE = 5000
_ROUNDS = 6


def texture_codes(colours: NDArray[np.float32], seed: int) -> NDArray[np.int64]:
    """Give each pixel the nearest of a few words, which say its colour and roughness.

    Parameters
    ----------
    colours : ndarray of float32, shape (h, w, C)
        From :func:`as_colours`.
    seed : int
        Of the sample of pixels and of K-means, which finds the words on it.

    Returns
    -------
    ndarray of int64, shape (h, w)
        0 to 47.
    """
    from scipy.ndimage import gaussian_filter
    from scipy.spatial import KDTree

    if colours.shape[2] == 3:
        light = colours[..., 0]
        maps = [light * LIGHTNESS, colours[..., 1], colours[..., 2]]
    else:
        light = colours.mean(axis=2) * np.float32(math.sqrt(colours.shape[2]))
        maps = list(np.moveaxis(colours * LIGHTNESS, -1, 0))
    for scale in SCALES:
        fine = (light - gaussian_filter(light, scale)) ** 2
        maps.append(ROUGHNESS * np.sqrt(gaussian_filter(fine, 2 * scale)))
    described = np.stack(maps, -1).reshape(light.size, -1).astype(np.float64)
    random = np.random.default_rng(seed)
    sample = described[random.choice(light.size, min(_SAMPLE, light.size), replace=False)]
    return np.asarray(KDTree(_words(sample, random)).query(described)[1]).reshape(light.shape)


def _words(sample: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    from scipy.cluster.vq import kmeans2

    different = np.unique(sample, axis=0)
    if len(different) <= WORDS:
        return different
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a word without pixels stays where it was
        words: NDArray[np.float64] = kmeans2(sample, WORDS, iter=_ROUNDS, minit="++", rng=random)[0]
    return words
