"""What reads any window of an image that need not be in memory."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from segprior.io.files.pixels import Alpha

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
    """

    name: str
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    alpha: Alpha
    depth: int | None

    def read(self, rows: slice, columns: slice) -> NDArray[Any]:
        """Return a window, (rows, columns, channels); may be called from several threads."""

    def close(self) -> None:
        """Close the file."""
