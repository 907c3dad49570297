"""One level for each pixel, in which stains add up, for telling things that touch.

:mod:`segprior.features.telling_axis` says where things are, from how well a threshold splits the
image; in its place here it parted things no better (docs/quality.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["contrast_level"]

# Mean distance of the channels from their mean from which on an image has colours.
_COLOURS = 0.02
# The least transmission that is told from none.
_DARKEST = 1 / 255
# Median of the image from which on light is taken to come through things, not from them.
_THROUGH = 0.5


def contrast_level(image: NDArray[np.float32]) -> NDArray[np.float64]:
    """Reduce an image to the one axis along which it varies most.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1].

    Returns
    -------
    ndarray of float64, shape (H, W)
        From 0. Without colours the square root of the mean channel. With colours the root of the
        first principal component: where most of the image is bright, of optical density, in which
        stains add up; else of the channels.

    References
    ----------
    .. [1] A. C. Ruifrok, D. A. Johnston, "Quantification of histochemical staining by color
       deconvolution", Analytical and Quantitative Cytology and Histology 23, 2001.
    """
    grey = image.mean(axis=2, dtype=np.float64)
    if np.abs(image - grey[..., None]).mean() <= _COLOURS:
        level: NDArray[np.float64] = np.sqrt(grey)
        return level
    through = float(np.median(grey)) > _THROUGH
    values = image.astype(np.float64)
    if through:
        values = -np.log(np.maximum(values, _DARKEST))
    flat = values.reshape(-1, values.shape[2])
    axis = np.linalg.eigh(np.cov(flat.T))[1][:, -1]
    along = values @ (axis if axis.sum() >= 0 else -axis)
    level = np.sqrt(along - min(0.0, float(along.min())))
    return level
