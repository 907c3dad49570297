"""From a file, by its first bytes, to numbers. What it is called hardly ever counts."""

from __future__ import annotations

import dataclasses
import os

from segprior.errors import ImageError
from segprior.io.files.budget import check_values
from segprior.io.files.pixels import Pixels, check_pixels
from segprior.io.files.source import open_source
from segprior.io.format import Format, Reading
from segprior.io.registry import folder_format, known, recognise
from segprior.io.shared.pillow import decoding
from segprior.messages import Setting

__all__ = ["read_pixels"]


def read_pixels(
    source: object,
    *,
    page: int | None = None,
    channel_axis: int | None = -1,
    axes: str | None = None,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
    indices: bool = False,
) -> Pixels:
    """Decode a file of any kind that segprior knows.

    Parameters
    ----------
    source : str, path-like, bytes, bytearray, memoryview or binary file object
        The file, or the folder of a format whose files are folders.
    page, channel_axis, axes, max_pixels, max_bytes, indices
        As attributes of :class:`segprior.io.format.Reading`. A TIFF of several pages is read as
        one array with its bands on the axis if that is not -1.

    Raises
    ------
    ImageError
        If the file cannot be opened or decoded, or has too many pixels or not that page.
    ConfigError
        If what reads it is not installed.
    """
    reading = Reading(
        page=page, channel_axis=channel_axis, axes=axes, max_pixels=max_pixels,
        max_bytes=max_bytes, indices=indices,
    )  # fmt: skip
    folder = folder_format(source)
    if folder is not None:
        _check_axes(folder, axes, os.fsdecode(source))  # type: ignore[arg-type]
        with decoding(os.fsdecode(source), folder.kind):  # type: ignore[arg-type]
            pixels = _read_windows(folder, source, reading)
        return dataclasses.replace(pixels, kind=folder.kind, lossy=folder.lossy)
    with open_source(source) as (stream, name):
        format = recognise(stream, name)
        if format is None:
            raise ImageError(f"{name}: not a picture that can be read; use {known()}")
        _check_axes(format, axes, name)
        with decoding(name, format.kind):
            if format.read is not None:
                pixels = format.read(stream, name, reading)
            else:
                pixels = _read_windows(format, source, reading)
        return dataclasses.replace(pixels, kind=format.kind, lossy=format.lossy)


def _check_axes(format: Format, axes: str | None, name: str) -> None:
    if axes is not None and not format.named_axes:
        raise ImageError(
            f"{name}: {format.kind} has rows, columns and channels only",
            cure=("leave ", Setting("axes"), " out"),
        )


def _read_windows(format: Format, source: object, reading: Reading) -> Pixels:
    """Read an image as one window, where there is no other way."""
    if format.open_windows is None or not isinstance(source, str | os.PathLike):
        raise ImageError(f"{format.kind} is read from its place only; name the file")
    reader = format.open_windows(source, reading)
    try:
        rows, columns, _ = reader.shape
        check_pixels(rows, columns, reading.max_pixels, reader.name)
        check_values(reader.shape, reader.dtype.itemsize, reading.max_bytes, reader.name)
        values = reader.read(slice(0, rows), slice(0, columns))
        return Pixels(
            values=values,
            name=reader.name,
            stored_axis=getattr(reader, "stored_axis", 2),
            alpha=reader.alpha,
            depth=reader.depth,
            nodata=getattr(reader, "nodata", None),
            outer=getattr(reader, "outer", ()),
        )
    finally:
        reader.close()
