"""The basins of an image, flooded from its local minima."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.runtime import loops

__all__ = ["basins"]


class _Arrays(ctypes.Structure):
    """``watershed_arrays`` of native/src/loops.h."""

    _fields_ = (
        ("labels", ctypes.c_void_p),
        ("image", ctypes.c_void_p),
        ("rows", ctypes.c_int32),
        ("columns", ctypes.c_int32),
    )


@cache
def _flood() -> Any:
    return loops.function("flood_basins", ctypes.POINTER(_Arrays))


def basins(image: NDArray[np.float32]) -> NDArray[np.int32]:
    """Divide an image into its basins.

    Parameters
    ----------
    image : ndarray of float32, shape (h, w)
        Finite.

    Returns
    -------
    ndarray of int32, shape (h, w)
        From 1, in the order of the first pixels of the local minima. The labels are those of
        :func:`skimage.segmentation.watershed`, which takes longer to be loaded than this takes; but
        an image of one level, which has no minima there, is one basin.

    References
    ----------
    .. [1] P. Soille, M. Ansoult: Automated basin delineation from digital elevation models using
       mathematical morphology. Signal Processing 20, 1990.
    """
    if not loops.are_there():
        from skimage.segmentation import watershed

        found: NDArray[np.int32] = watershed(image).astype(np.int32)
        return np.maximum(found, 1)
    image = np.ascontiguousarray(image)
    labels = np.empty(image.shape, np.int32)
    pointers = loops.address(labels, np.int32), loops.address(image, np.float32)
    _flood()(_Arrays(*pointers, *image.shape))
    return labels
