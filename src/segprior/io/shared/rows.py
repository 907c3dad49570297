"""Bands of rows of one height, from bands of any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["regrouped"]


def regrouped(
    bands: Iterable[NDArray[Any]], height: int, shape: tuple[int, int], dtype: Any
) -> Iterator[NDArray[Any]]:
    """Put bands together to the height of the parts that a file has.

    A part that is written a few rows at a time is compressed again each time.

    Parameters
    ----------
    bands : iterable of ndarray of int, shape (any, W)
        Top to bottom.
    height : int
        Rows wanted; the last band may have fewer.
    shape : (int, int)
        Rows and columns of all of them together.
    dtype : type
        Of what is yielded.

    Yields
    ------
    ndarray of dtype, shape (height, W)
        Valid until the next one.

    Examples
    --------
    >>> bands = [np.full((2, 3), n) for n in range(4)]
    >>> [band[:, 0].tolist() for band in regrouped(bands, 3, (8, 3), np.uint8)]
    [[0, 0, 1], [1, 2, 2], [3, 3]]
    """
    rows, columns = shape
    held = np.empty((min(height, rows), columns), dtype)
    filled = done = 0
    for band in bands:
        at = 0
        while at < len(band):
            count = min(len(band) - at, len(held) - filled)
            held[filled : filled + count] = band[at : at + count]
            at, filled, done = at + count, filled + count, done + count
            if filled == len(held) or done == rows:
                yield held[:filled]
                filled = 0
