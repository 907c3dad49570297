"""Images that need not be in memory: any window of a TIFF or a Zarr array, as it is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.image.values import composite, extent, to_unit
from segprior.io.files.reader import Reader
from segprior.io.format import Format, Reading
from segprior.io.registry import folder_format, recognise
from segprior.io.shared.pillow import decoding

__all__ = ["WindowedImage", "has_windows", "open_windows"]

# Values looked at together while the extent of an image is found: 16 MB or so.
_SCAN = 1 << 22


class WindowedImage:
    """An image that is read window by window, with the values that `as_image` would give it.

    Parameters
    ----------
    reader : Reader
        Where the values come from.
    kind : str
        What messages call the format.
    alpha, background, value_range
        As in :func:`segprior.as_image`. Without a range, floats and integers of 32 and 64
        bits are read through once at the first window, for their smallest and largest value.

    Attributes
    ----------
    name, shape
        As of a `Reader`, without the channel of an alpha that is not kept.
    """

    def __init__(
        self,
        reader: Reader,
        *,
        kind: str = "image",
        alpha: Literal["drop", "composite", "keep"] = "drop",
        background: float = 1.0,
        value_range: tuple[float, float] | None = None,
    ) -> None:
        self._reader = reader
        self._kind = kind
        self._alpha = alpha if reader.alpha != "none" else "keep"
        self._background = background
        rows, columns, channels = reader.shape
        self.name = reader.name
        self.shape = (rows, columns, channels - (self._alpha != "keep"))
        customary = reader.dtype.kind == "b" or reader.dtype in (np.uint8, np.uint16)
        self._range = value_range
        self._known = customary or value_range is not None

    def read(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Return a window.

        Parameters
        ----------
        rows, columns : slice
            Within the image, with start and stop.

        Returns
        -------
        ndarray of float32, shape (rows, columns, C)
            In [0, 1].

        Raises
        ------
        ImageError
            If the file is broken there, or has values that are not finite.
        """
        if not self._known:
            self._range, self._known = self._unit_range(), True
        reader = self._reader
        values = self._stored(rows, columns)
        if self._alpha == "drop":
            values = values[..., :-1]
        unit = to_unit(values, self.name, depth=reader.depth, value_range=self._range)
        if self._alpha != "composite":
            return unit
        return composite(unit, self._background, premultiplied=reader.alpha == "premultiplied")

    def _stored(self, rows: slice, columns: slice) -> NDArray[Any]:
        with decoding(self.name, self._kind):
            return self._reader.read(rows, columns)

    def prepare(self) -> None:
        """Find the extent of the values now, where it is needed."""
        self.read(slice(0, 1), slice(0, 1))

    def _unit_range(self) -> tuple[float, float]:
        rows, columns, channels = self._reader.shape
        low, high = np.inf, -np.inf
        wide = min(columns, max(1, _SCAN // channels))
        step = max(1, _SCAN // (wide * channels))
        for top in range(0, rows, step):
            for left in range(0, columns, wide):
                block = self._stored(
                    slice(top, min(top + step, rows)), slice(left, min(left + wide, columns))
                )
                values = block[..., :-1] if self._alpha == "drop" else block
                least, most = extent(values, self.name)
                low, high = min(low, least), max(high, most)
        inside = low >= -1e-5 and high <= 1 + 1e-5
        return (0.0, 1.0) if inside or low == high else (low, high)


def has_windows(source: object) -> bool:
    """Tell by its content whether a file may be read in windows, as a TIFF or a Zarr folder may."""
    return _format(source) is not None


def _format(source: object) -> Format | None:
    if not isinstance(source, str | os.PathLike):
        return None
    found = folder_format(source)
    try:
        path = Path(source)
        if found is None and path.is_file():
            with path.open("rb") as stream:
                found = recognise(stream, path.name)
    except OSError:
        return None
    return None if found is None or found.open_windows is None else found


@contextmanager
def open_windows(
    source: str | os.PathLike[str],
    *,
    page: int | None = None,
    channel_axis: int | None = -1,
    alpha: Literal["drop", "composite", "keep"] = "drop",
    background: float = 1.0,
    value_range: tuple[float, float] | None = None,
    cache: int = 1 << 28,
    max_bytes: int | None = None,
) -> Iterator[WindowedImage]:
    """Open a TIFF, BigTIFF, OME-TIFF, GeoTIFF or Zarr array to read it in windows.

    Parameters
    ----------
    source : str or path-like
        The file, or the folder of a Zarr array, or of an OME-Zarr group, of which the largest
        resolution is taken.
    page, channel_axis, alpha, background, value_range
        As in :func:`segprior.as_image`.
    cache : int
        Bytes of decoded strips or tiles to keep.
    max_bytes : int, optional
        What one strip, tile, chunk or window may take, as in :func:`segprior.as_image`.

    Yields
    ------
    WindowedImage

    Raises
    ------
    ImageError
        If the file is broken or empty, or can only be decoded as a whole.
    ConfigError
        If the package that reads it is not installed.
    """
    if not Path(source).exists():
        raise ImageError(f"no file {os.fspath(source)}; check its name and folder")
    format = _format(source)
    if format is None or format.open_windows is None:
        raise ImageError(
            f"{os.fspath(source)}: cannot be read in windows; save it as a tiled TIFF or as Zarr"
        )
    reading = Reading(page=page, channel_axis=channel_axis, cache=cache, max_bytes=max_bytes)
    with decoding(os.fspath(source), format.kind):
        reader = format.open_windows(source, reading)
    try:
        if 0 in reader.shape:
            rows, columns, channels = reader.shape
            raise ImageError(
                f"{reader.name}: {rows} x {columns} pixels of {channels} channels hold nothing; "
                "save it again"
            )
        yield WindowedImage(
            reader, kind=format.kind, alpha=alpha, background=background, value_range=value_range
        )
    finally:
        reader.close()
