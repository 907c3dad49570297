"""What reads any window of an image that need not be in memory."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from segprior.io.files.pixels import Alpha, Outer

__all__ = ["Reader"]


class Reader(Protocol):
    """What a format offers: stored values by rows and columns.

    Attributes
    ----------
    name : str
        For messages.
    shape : (int, int, int)
        Rows, columns, channels.
    dtype : numpy.dtype
    alpha : {"none", "straight", "premultiplied"}
        Of the last channel.
    depth : int or None
        Bits per value, where not all of the type are used.
    nodata : float, int or None
        The value of pixels without data. A reader may lack this attribute and the next.
    outer : tuple of (str, int)
        As of :class:`segprior.io.files.pixels.Pixels`.
    """

    name: str
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    alpha: Alpha
    depth: int | None
    nodata: float | None
    outer: Outer

    def read(self, rows: slice, columns: slice) -> NDArray[Any]:
        """Return a window, (rows, columns, channels); may be called from several threads."""

    def close(self) -> None:
        """Close the file."""
