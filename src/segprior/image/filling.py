"""Pixels without data, filled from those beside them so that they look like nothing themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segprior.image.resize import resize

__all__ = ["filled"]


def filled(
    image: NDArray[np.float32], valid: NDArray[np.bool_], *, otherwise: float = 0.5
) -> NDArray[np.float32]:
    """Fill pixels by the pull-push algorithm: means of ever larger squares, where there are some.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        Whatever it holds where ``valid`` is false does not count.
    valid : ndarray of bool, shape (H, W)
        Which pixels are kept as they are.
    otherwise : float
        The value everywhere if none is.

    Returns
    -------
    ndarray of float32, shape (H, W, C)
        ``image`` itself if all are valid. Values stay within those of the valid pixels.

    References
    ----------
    .. [1] S. J. Gortler, R. Grzeszczuk, R. Szeliski and M. F. Cohen, "The Lumigraph",
       SIGGRAPH 1996, section 3.4.2, doi:10.1145/237170.237200.
    """
    if valid.all():
        return image
    if not valid.any():
        return np.full_like(image, otherwise)
    half = filled(*_halved(image, valid), otherwise=otherwise)
    beside = resize(half, image.shape[:2])
    return np.where(valid[..., np.newaxis], image, beside)


def _halved(
    image: NDArray[np.float32], valid: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The mean of the valid ones of each two by two pixels, and whether there is one."""
    rows, columns, channels = image.shape
    size = ((rows + 1) // 2, (columns + 1) // 2)
    sums, count = np.zeros((*size, channels), np.float32), np.zeros(size, np.float32)
    for top in range(2):
        for left in range(2):
            there = valid[top::2, left::2]
            part = np.where(there[..., np.newaxis], image[top::2, left::2], 0)
            sums[: part.shape[0], : part.shape[1]] += part
            count[: part.shape[0], : part.shape[1]] += there
    sums /= np.maximum(count, np.float32(1))[..., np.newaxis]
    return sums, count > 0
