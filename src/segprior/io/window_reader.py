"""Images that need not be in memory: any window of a TIFF or a Zarr array, as it is asked for."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ConfigError, ImageError
from segprior.image.pyramid import Pyramid
from segprior.image.spread import ValueRange
from segprior.io.files.reader import Reader
from segprior.io.format import Format, Reading
from segprior.io.image import check_reading
from segprior.io.inputs import check_stored
from segprior.io.meaning import AlphaUse, Meaning, NoData, NoDataError, Part, settle
from segprior.io.planes import described
from segprior.io.registry import folder_format, recognise
from segprior.io.shared.pillow import decoding
from segprior.messages import Setting

__all__ = ["WindowedImage", "has_windows", "open_windows"]

# Values looked at together while an image is read through: 16 MB or so.
_SCAN = 1 << 22
# Values up to which all are looked at, and of more, the side of the windows and their number along
# each side.
_WHOLE, _WINDOW, _ALONG = 1 << 26, 256, 8


class WindowedImage:
    """An image that is read window by window, with the values that `as_image` would give it.

    Parameters
    ----------
    reader : Reader
        Where the values come from.
    kind : str
        What messages call the format.
    alpha, background, value_range, nodata
        As in :func:`segprior.as_image`. What they leave open is settled when the first window is
        read, or for transparency at once: by a sample of an image of 8 or 16 bits, by all of a
        smaller or deeper one.
    quiet : bool
        Do not tell what is guessed.

    Attributes
    ----------
    name, shape
        As of a `Reader`, with the channels of the image.
    """

    def __init__(
        self,
        reader: Reader,
        *,
        kind: str = "image",
        alpha: AlphaUse = "auto",
        background: float = 1.0,
        value_range: ValueRange = "auto",
        nodata: NoData = "auto",
        quiet: bool = False,
    ) -> None:
        self._reader = reader
        self._kind = kind
        self._quiet = quiet
        self.name = reader.name
        declared = getattr(reader, "nodata", None)
        self._meaning = Meaning(
            name=reader.name, dtype=reader.dtype, depth=reader.depth, kind=reader.alpha,
            alpha=alpha, background=background, value_range=value_range,
            nodata=declared if nodata == "auto" else nodata,
        )  # fmt: skip
        self._settled = False
        rows, columns, channels = reader.shape
        if reader.alpha != "none" and alpha == "auto":
            self.prepare()  # how many channels there are hangs on it
        self.shape = (rows, columns, self._meaning.channels(channels))

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
        return self.image(rows, columns).full

    def image(self, rows: slice, columns: slice) -> Pyramid:
        """Return a window with where it has data."""
        self.prepare()
        return self._meaning.image(self._stored(rows, columns))

    def valid(self, rows: slice, columns: slice) -> NDArray[np.bool_] | None:
        """Tell where a window has data, (rows, columns); None is everywhere."""
        if not self.has_gaps:
            return None
        return self._meaning.valid(self._stored(rows, columns))

    @property
    def has_gaps(self) -> bool:
        """Whether there may be pixels without data."""
        meaning = self._meaning
        return meaning.nodata is not None or (meaning.kind != "none" and meaning.alpha == "auto")

    def _stored(self, rows: slice, columns: slice) -> NDArray[Any]:
        with decoding(self.name, self._kind):
            return self._reader.read(rows, columns)

    def prepare(self) -> None:
        """Settle what the values mean, for all of the image; see `settle`."""
        if self._settled:
            return
        shape, customary = self._reader.shape, self._reader.dtype in (np.uint8, np.uint16)
        try:
            sampled = customary and math.prod(shape) > _WHOLE
            parts = self._samples() if sampled else self._all()
            self._meaning = settle(self._meaning, parts, shape, quiet=self._quiet)
        except NoDataError:
            if not sampled:
                raise
            self._meaning = settle(self._meaning, self._all(), shape, quiet=self._quiet)
        self._settled = True

    def _all(self) -> Iterator[Part]:
        rows, columns, channels = self._reader.shape
        wide = min(columns, max(1, _SCAN // channels))
        step = max(1, _SCAN // (wide * channels))
        for top in range(0, rows, step):
            for left in range(0, columns, wide):
                yield self._part(top, left, step, wide)

    def _samples(self) -> Iterator[Part]:
        """Windows spread evenly, so many that they are read in a moment."""
        rows, columns, _ = self._reader.shape
        for top in np.linspace(0, max(0, rows - _WINDOW), _ALONG).astype(int):
            for left in np.linspace(0, max(0, columns - _WINDOW), _ALONG).astype(int):
                yield self._part(int(top), int(left), _WINDOW, _WINDOW)

    def _part(self, top: int, left: int, high: int, wide: int) -> Part:
        rows, columns, _ = self._reader.shape
        bottom, right = min(top + high, rows), min(left + wide, columns)
        return Part(self._stored(slice(top, bottom), slice(left, right)), (top, left))


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
    axes: str | None = None,
    project: str | None = None,
    alpha: AlphaUse = "auto",
    background: float = 1.0,
    value_range: ValueRange = "auto",
    nodata: NoData = "auto",
    quiet: bool = False,
    cache: int = 1 << 28,
    max_bytes: int | None = None,
) -> Iterator[WindowedImage]:
    """Open a TIFF, BigTIFF, OME-TIFF, GeoTIFF or Zarr array to read it in windows.

    Parameters
    ----------
    source : str or path-like
        The file, or the folder of a Zarr array, or of an OME-Zarr group, of which the largest
        resolution is taken.
    page, channel_axis, axes, alpha, background, value_range, nodata
        As in :func:`segprior.as_image`. Of several planes one has to be chosen.
    project : str, optional
        Refused, as it needs all planes.
    quiet : bool
        Do not tell what is guessed.
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
        If the file is broken or empty, has several planes of which none is chosen, or can only be
        decoded as a whole.
    ConfigError
        If an option is not valid, or the package that reads the file is not installed.
    """
    checked = check_reading(
        page=page, channel_axis=channel_axis, axes=axes, project=project, alpha=alpha,
        value_range=value_range, nodata=nodata,
    )  # fmt: skip
    if not Path(source).exists():
        raise ImageError(f"no file {os.fspath(source)}; check its name and folder")
    format = _format(source)
    if format is None or format.open_windows is None:
        raise ImageError(
            f"{os.fspath(source)}: cannot be read in windows; save it as a tiled TIFF or as Zarr"
        )
    if project is not None:
        raise ConfigError(
            option="project", got=project,
            cure=("leave it out in tiles, and choose a plane with ", Setting("page")),
        )  # fmt: skip
    reading = Reading(
        page=page, channel_axis=channel_axis, axes=checked["axes"], cache=cache,
        max_bytes=max_bytes,
    )  # fmt: skip
    with decoding(os.fspath(source), format.kind):
        reader = format.open_windows(source, reading)
    try:
        if 0 in reader.shape:
            rows, columns, channels = reader.shape
            raise ImageError(
                f"{reader.name}: {rows} x {columns} pixels of {channels} channels hold nothing; "
                "save it again"
            )
        if (channels := reader.shape[2]) > 1:
            check_stored(channels, getattr(reader, "stored_axis", 2), channel_axis, reader.name)
        outer = getattr(reader, "outer", ())
        if page is None and outer:
            raise ImageError(
                f"{described(reader.name, outer)}, of which windows are read from one",
                cure=("choose it with ", Setting("page"), ", or do without tiles"),
            )
        yield WindowedImage(
            reader, kind=format.kind, alpha=alpha, background=background,
            value_range=value_range, nodata=nodata, quiet=quiet,
        )  # fmt: skip
    finally:
        reader.close()
