"""How noisy an image is, and the blur that helps where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["blur", "calm", "is_noisy", "noise_level", "noise_of"]

# Standard deviation of noise above which a blur gains more than it loses, measured on images
# reduced to a longest side of so many pixels (docs/quality.md).
_LEVEL, _SIZE = 0.04, 640
# The working size at which a blur of regions, by so many pixels, was measured to gain more than it
# loses on noisy images (docs/quality.md); photographs have a noise of .001 to .027 there.
_REGIONS, _BLUR = 480, 1.5


def noise_of(image: NDArray[np.float32]) -> float:
    """Estimate the standard deviation of white noise, in units of the image's range.

    The median of the mixed differences of 2 × 2 pixels, which edges along rows or columns and
    gradients leave at 0, over that of a normal distribution; the mean over the channels.
    """
    mixed = (image[:-1, :-1] - image[1:, :-1] - image[:-1, 1:] + image[1:, 1:]) / 2
    return float(np.median(np.abs(mixed), axis=(0, 1)).mean() / 0.6745)


def noise_level(size: int) -> float:
    """Return the standard deviation of noise above which an image counts as noisy.

    An image that is reduced is averaged, over twice as many rows and columns for half the size,
    which halves its noise: the level is in proportion to the size that images are reduced to.

    Parameters
    ----------
    size : int
        The longest side that larger images are reduced to before their noise is estimated.

    Returns
    -------
    float
        In units of the image's range.
    """
    return _LEVEL * size / _SIZE


def blur(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Blur the rows and columns of (h, w, C) by a Gaussian of ``sigma`` pixels."""
    from scipy.ndimage import gaussian_filter

    blurred: NDArray[np.float32] = gaussian_filter(image, (sigma, sigma, 0))
    return blurred


def is_noisy(small: NDArray[np.float32]) -> bool:
    """Whether an image at the size of regions, (h, w, C), is noisy enough to be blurred first."""
    return noise_of(small) > noise_level(_REGIONS)


def calm(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blur an image at the size of regions, (h, w, C), where it is noisy; else as it is."""
    return blur(small, _BLUR) if is_noisy(small) else small
