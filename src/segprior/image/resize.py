"""The size of an image: reducing, enlarging, and the size at which it is worked on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MIN_SIDE", "is_flat", "match_size", "resize", "working_shape"]
# Less than one level of a 16-bit image (1.5e-5), more than what resizing adds to a constant one.
_SAME_COLOUR = 1e-6
MIN_SIDE = 8


def resize(image: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Change the number of rows and columns.

    Each side is interpolated linearly, over a width of two output pixels where it shrinks, so
    that every input pixel counts and nothing is aliased, and over two input pixels where it
    grows. The weights are positive and sum to 1: values stay within those of the input, and
    flat areas are exact. Box means, the alternative, weigh input pixels unevenly at ratios that
    are not whole numbers.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        Any values, any number of channels.
    shape : (int, int)
        Rows and columns wanted.

    Returns
    -------
    ndarray of float32, shape (rows, columns, C)
        ``image`` itself if it has that size already.
    """
    from PIL import Image

    rows, columns = shape
    if image.shape[:2] == (rows, columns):
        return image
    result = np.empty((rows, columns, image.shape[2]), np.float32)
    for channel in range(image.shape[2]):  # one at a time, to need memory for one
        plane = Image.fromarray(np.ascontiguousarray(image[..., channel], np.float32))
        result[..., channel] = np.asarray(plane.resize((columns, rows), Image.Resampling.BILINEAR))
    return result


def match_size(values: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Bring labels, shape (H, W) or (H, W, C), to another size by nearest neighbour.

    Returns
    -------
    ndarray of shape (rows, columns) or (rows, columns, C)
        ``values`` itself if it has that size already.
    """
    if values.shape[:2] == shape:
        return values
    rows, columns = (
        ((2 * np.arange(wanted) + 1) * size) // (2 * wanted)
        for wanted, size in zip(shape, values.shape[:2], strict=True)
    )
    return values[np.ix_(rows, columns)]


def working_shape(shape: Sequence[int], working_size: int | None) -> tuple[int, int]:
    """Rows and columns at which an image is worked on.

    Parameters
    ----------
    shape : sequence of int
        Shape of the image, (H, W) or (H, W, C).
    working_size : int or None
        Longest side wanted; None is no limit.

    Returns
    -------
    (int, int)
        ``shape[:2]`` if its longest side is not above ``working_size``; otherwise reduced to it
        at the same aspect, but to no side below 8.

    Examples
    --------
    >>> working_shape((321, 481), 160)
    (107, 160)
    """
    rows, columns = shape[0], shape[1]
    longest = max(rows, columns)
    if working_size is None or longest <= working_size:
        return rows, columns
    scale = working_size / longest
    return max(MIN_SIDE, round(rows * scale)), max(MIN_SIDE, round(columns * scale))


def is_flat(image: NDArray[np.float32]) -> bool:
    """Whether an image (H, W, C) in [0, 1] is of one colour, up to rounding."""
    return bool(np.ptp(image, axis=(0, 1)).max() <= _SAME_COLOUR)
