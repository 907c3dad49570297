"""Overviews of images on disk, as GDAL calls them: smaller, by windows or as one small picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PIL import Image

from segprior.image.filling import filled
from segprior.image.resize import MIN_SIDE, working_shape
from segprior.runtime.devices import side_by_side

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Overview", "Windows"]

# Numbers of the image itself in a block that the small picture is made of, 64 MB, and how many
# blocks there are at a time at most.
BLOCK_NUMBERS, AT_ONCE = 2**24, 4


class Windows(Protocol):
    """What is asked of an image on disk; see `segprior.io.window_reader.WindowedImage`.

    One that may have pixels without data has ``valid`` and ``has_gaps`` too, as there.
    """

    shape: tuple[int, int, int]

    def read(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Return a window, (rows, columns, C)."""


class Overview:
    """An image at a smaller scale, computed where and when it is asked for.

    Any window equals that part of :func:`segprior.image.resize.resize` of the whole image.

    Parameters
    ----------
    image : Windows
        The image.
    scale : float
        Above 0, up to 1.

    Attributes
    ----------
    full : (int, int)
        Rows and columns of the image.
    shape : (int, int, int)
        Rows, columns and channels at the scale; every side has at least 8 pixels.
    """

    def __init__(self, image: Windows, scale: float) -> None:
        self._image = image
        rows, columns, channels = image.shape
        self.full = (rows, columns)
        shape = [max(min(side, MIN_SIDE), round(side * scale)) for side in self.full]
        self.shape = (shape[0], shape[1], channels)

    def read(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Return a window at the scale, float32 of shape (rows, columns, C)."""
        return self._reduced(self.shape[:2], rows, columns)

    def small(self, working_size: int | None) -> NDArray[np.float32]:
        """Return the whole image, reduced to the scale or to a longest side below that.

        Parameters
        ----------
        working_size : int or None
            None is the scale.

        Returns
        -------
        ndarray of float32, shape (h, w, C)
        """
        grid = working_shape(self.shape, working_size)
        result = np.empty((*grid, self.shape[2]), np.float32)
        valid = np.ones(grid, bool) if self._has_gaps else None
        # Blocks as square as the filter's reach makes worth while.
        ratio = max(side / small for side, small in zip(self.full, grid, strict=True))
        side = max(4, int(math.sqrt(BLOCK_NUMBERS / self.shape[2]) / ratio) - 2)
        blocks = [
            (slice(top, min(top + side, grid[0])), slice(left, min(left + side, grid[1])))
            for top in range(0, grid[0], side)
            for left in range(0, grid[1], side)
        ]

        def fill(block: tuple[slice, slice]) -> None:
            result[block] = self._reduced(grid, *block)
            if valid is not None:
                valid[block] = self._valid(grid, *block)

        with side_by_side(min(AT_ONCE, len(blocks))) as pool:
            for _ in pool.map(fill, blocks):  # so that errors are told, and end it
                pass
        # Each block has been filled by itself, and not at all if it has no data.
        return result if valid is None else filled(result, valid)

    def valid(self, rows: slice, columns: slice) -> NDArray[np.bool_] | None:
        """Tell where a window at the scale has data, (rows, columns); None is everywhere."""
        return self._valid(self.shape[:2], rows, columns) if self._has_gaps else None

    @property
    def _has_gaps(self) -> bool:
        return getattr(self._image, "has_gaps", False)

    def _valid(self, grid: tuple[int, int], rows: slice, columns: slice) -> NDArray[np.bool_]:
        """Where the middles of the pixels of a window have data."""
        places = [
            ((np.arange(span.start, span.stop) + 0.5) * (full / small)).astype(int)
            for span, full, small in zip((rows, columns), self.full, grid, strict=True)
        ]
        spans = [slice(int(place[0]), int(place[-1]) + 1) for place in places]
        valid = self._image.valid(*spans)  # type: ignore[attr-defined]
        down, across = (place - place[0] for place in places)
        if valid is None:
            return np.ones((len(down), len(across)), bool)
        found: NDArray[np.bool_] = valid[np.ix_(down, across)]
        return found

    def _reduced(self, grid: tuple[int, int], rows: slice, columns: slice) -> NDArray[np.float32]:
        if grid == self.full:
            return self._image.read(rows, columns)
        source_rows, top, bottom = _reach(self.full[0], grid[0], rows)
        source_columns, left, right = _reach(self.full[1], grid[1], columns)
        source = self._image.read(source_rows, source_columns)
        size = (columns.stop - columns.start, rows.stop - rows.start)
        result = np.empty((size[1], size[0], source.shape[2]), np.float32)
        for channel in range(source.shape[2]):
            plane = Image.fromarray(np.ascontiguousarray(source[..., channel]))
            result[..., channel] = np.asarray(
                plane.resize(size, Image.Resampling.BILINEAR, (left, top, right, bottom))
            )
        return result


def _reach(full: int, small: int, span: slice) -> tuple[slice, float, float]:
    """The samples that a span of an overview's side is made of, and where in them it lies."""
    ratio = full / small
    low, high = span.start * ratio, span.stop * ratio
    first = max(0, math.floor(low - ratio - 1))
    last = min(full, math.ceil(high + ratio + 1))
    return slice(first, last), low - first, min(high, full) - first
