"""Colours of an image: as 8 bits, as something to look at, and in units of CIE Lab."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.image.values import blocks

__all__ = ["as_colours", "to_rgb", "to_uint8"]

# From linear sRGB to CIE XYZ, and the XYZ of white under D65.
_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def to_uint8(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Bring an image to 8 bits, rounded.

    Parameters
    ----------
    image : ndarray of float, bool, uint8 or uint16, any shape
        Floats are clipped to [0, 1].

    Returns
    -------
    ndarray of uint8
        0 to 255; ``image`` itself if it is of that type. The inverse of :func:`as_image` for
        8-bit images.
    """
    if image.dtype == np.uint8:
        return image
    scale = {"b": 255.0, "u": 255 / 65535}.get(image.dtype.kind, 255.0)
    result = np.empty(image.shape, np.uint8)
    for block in blocks(image.shape):
        part = np.multiply(image[block], scale, dtype=np.float32)
        np.rint(np.clip(part, 0, 255, out=part), out=result[block], casting="unsafe")
    return result


def to_rgb(image: NDArray[Any]) -> NDArray[Any]:
    """Make an image of any number of channels visible.

    Parameters
    ----------
    image : ndarray of shape (H, W) or (H, W, C)
        One channel is shown as grey, two as red and green with their mean as blue, and of three
        or more the first three are red, green and blue.

    Returns
    -------
    ndarray of shape (H, W, 3)
        Of the same dtype; may be a view.
    """
    if image.ndim == 2:
        image = image[..., np.newaxis]
    channels = image.shape[2]
    if channels == 1:
        return np.broadcast_to(image, (*image.shape[:2], 3))
    if channels == 2:
        mean = image.mean(axis=2, keepdims=True, dtype=np.float64).astype(image.dtype)
        return np.concatenate([image, mean], axis=2)
    return image[..., :3]


def as_colours(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Put an image on a scale on which differences are those seen.

    Parameters
    ----------
    image : ndarray of float32, shape (h, w, C)
        In [0, 1].

    Returns
    -------
    ndarray of float32, shape (h, w, C)
        CIE Lab of three channels. Others from 0 to 100, divided by the root of their number, so
        that it makes no difference if all of them are there twice.
    """
    if image.shape[2] != 3:
        return image * np.float32(100 / math.sqrt(image.shape[2]))
    return _lab(image)


def _lab(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """CIE Lab of sRGB under D65: scikit-image's to the bit, whose colours load all of SciPy."""
    linear = np.where(image > 0.04045, ((image + 0.055) / 1.055) ** 2.4, image / 12.92)
    xyz = linear.astype(np.float32) @ _XYZ.T.astype(np.float32) / _WHITE.astype(np.float32)
    bent = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16.0 / 116.0)
    x, y, z = np.moveaxis(bent, -1, 0)
    return np.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], axis=-1)
