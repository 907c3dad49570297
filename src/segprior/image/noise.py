"""How noisy an image is, and the blur that helps where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NOISY", "blur", "noise_of"]

# Standard deviation of noise above which a blur gains more than it loses (docs/quality.md).
NOISY = 0.04


def noise_of(image: NDArray[np.float32]) -> float:
    """Estimate the standard deviation of white noise, in units of the image's range.

    The median of the mixed differences of 2 × 2 pixels, which edges along rows or columns and
    gradients leave at 0, over that of a normal distribution; the mean over the channels.
    """
    mixed = (image[:-1, :-1] - image[1:, :-1] - image[:-1, 1:] + image[1:, 1:]) / 2
    return float(np.median(np.abs(mixed), axis=(0, 1)).mean() / 0.6745)


def blur(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Blur the rows and columns of (h, w, C) by a Gaussian of ``sigma`` pixels."""
    from scipy.ndimage import gaussian_filter

    blurred: NDArray[np.float32] = gaussian_filter(image, (sigma, sigma, 0))
    return blurred
