"""Textons: typical colours and roughnesses of an image, and which of them each pixel is."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from segprior.runtime.devices import thread_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["texton_map"]

# Chosen on every fifth BSDS train image (docs/quality.md).
TEXTONS = 48
LIGHTNESS = 0.6
ROUGHNESS = 1.5
_SCALES = (1, 2)
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
    from scipy.spatial import KDTree

    if colours.shape[2] == 3:
        light = colours[..., 0]
        maps = [light * LIGHTNESS, colours[..., 1], colours[..., 2]]
    else:
        light = colours.mean(axis=2) * np.float32(math.sqrt(colours.shape[2]))
        maps = list(np.moveaxis(colours * LIGHTNESS, -1, 0))
    for scale in _SCALES:
        fine = (light - gaussian_filter(light, scale)) ** 2
        maps.append(ROUGHNESS * np.sqrt(gaussian_filter(fine, 2 * scale)))
    described = np.stack(maps, -1).reshape(light.size, -1).astype(np.float64)
    random = np.random.default_rng(seed)
    sample = described[random.choice(light.size, min(_SAMPLE, light.size), replace=False)]
    words = KDTree(_textons(sample, random))
    return np.asarray(words.query(described, workers=thread_count())[1]).reshape(light.shape)


def _textons(sample: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    from scipy.cluster.vq import kmeans2

    different = np.unique(sample, axis=0)
    if len(different) <= TEXTONS:
        return different
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a texton without pixels stays where it was
        found: NDArray[np.float64] = kmeans2(sample, TEXTONS, iter=_ROUNDS, minit="++", rng=random)[
            0
        ]
    return found
