"""What boundaries are told by: differences of colour, of the prior's hidden features, texture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["boundary_strength", "gradient", "hidden_gradient"]

# Chosen on BSDS train images (docs/quality.md): the scale of the gradient in pixels of the working
# size; the level that each cue has on such images, on half of which, and half of its level on the
# image itself, it is put; the share of the prior's cues.
_SCALE = 1
LEVEL = 4.5
HIDDEN_LEVEL = 0.45
STRENGTH = 5.0
HIDDEN_SHARE = 0.3


def gradient(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Length of the gradient over all channels, (h, w), by derivatives of a Gaussian."""
    from scipy.ndimage import gaussian_filter

    squares = np.zeros(values.shape[:2], np.float32)
    for channel in range(values.shape[2]):
        for order in ((1, 0), (0, 1)):
            squares += gaussian_filter(values[..., channel], sigma, order=order) ** 2
    return np.sqrt(squares)


def hidden_gradient(
    features: NDArray[np.float32], covered: tuple[float, float], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Gradient of hidden features, the mean over members.

    Parameters
    ----------
    features : ndarray of float32, shape (M, h', w', K)
        Of each member; every channel is put to mean 0 and deviation 1 first.
    covered : (float, float)
        Rows and columns of them that cover the image.
    shape : (int, int)
        Rows and columns wanted.

    Returns
    -------
    ndarray of float32, shape (h, w)
        The root of the mean square over channels.
    """
    from PIL import Image

    total = np.zeros(features.shape[1:3], np.float32)
    for member in features:
        centred = member - member.mean(axis=(0, 1))
        centred /= centred.std(axis=(0, 1)) + np.float32(1e-6)
        total += gradient(centred, 1) / np.float32(math.sqrt(member.shape[2]))
    plane = Image.fromarray(total / len(features))
    box = (0, 0, min(covered[1], plane.width), min(covered[0], plane.height))
    return np.asarray(plane.resize(shape[::-1], Image.Resampling.BILINEAR, box), np.float32)


def boundary_strength(
    colours: NDArray[np.float32], hidden: Sequence[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """How much speaks for a boundary at each pixel.

    Parameters
    ----------
    colours : ndarray of float32, shape (h, w, C)
        From :func:`as_colours`.
    hidden : sequence of ndarray of float32, shape (h, w)
        Gradients of hidden features, if any.

    Returns
    -------
    ndarray of float32, shape (h, w)
        From 0; some 5 on average.
    """
    cues = [(gradient(colours, _SCALE), LEVEL)]
    shares = [1 - HIDDEN_SHARE if hidden else 1.0]
    cues += [(values, HIDDEN_LEVEL) for values in hidden]
    shares += [HIDDEN_SHARE / len(hidden)] * len(hidden) if hidden else []
    total = np.zeros(colours.shape[:2], np.float32)
    for share, (values, level) in zip(shares, cues, strict=True):
        mean = max(float(values.mean(dtype=np.float64)), 1e-6)
        total += np.float32(STRENGTH * share / math.sqrt(mean * level)) * values
    return total
