"""Pictures out, in the format that the suffix names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from segprior.errors import OutputError
from segprior.io.files.atomic import write_atomically
from segprior.io.format import Format
from segprior.io.registry import by_suffix, endings, formats, one_of

__all__ = ["encode_picture", "picture_suffixes", "save_picture"]


def picture_suffixes() -> tuple[str, ...]:
    """Return the suffixes of the formats that pictures are written in."""
    return endings(_writes)


def _writes(format: Format) -> bool:
    return format.encode_picture is not None


def encode_picture(picture: NDArray[Any], suffix: str) -> bytes:
    """Return the bytes of a picture in a file of the given suffix.

    TIFF and ``.npy`` keep any type and number of channels. The others hold 8 bits, rounded from
    floats; a 16-bit grey PNG is kept as it is. WebP is lossless, JPEG of quality 95.

    Parameters
    ----------
    picture : ndarray of shape (H, W) or (H, W, C)
        Floats in [0, 1], bool, uint8 or uint16. Four channels of uint8 are RGBA.
    suffix : str
        One of :func:`picture_suffixes`, in any case.

    Raises
    ------
    OutputError
        If the suffix is another one, or the format cannot hold the number of channels or rows.
    """
    suffix = suffix.lower()
    format = by_suffix(f"picture{suffix}", _writes)
    if format is None or format.encode_picture is None:
        raise OutputError(
            f"cannot save a picture as {suffix!r}; use one of {', '.join(picture_suffixes())}"
        )
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    if not _holds(format, channels):
        others = one_of(
            one.suffixes[0]
            for one in formats()
            if one.encode_picture and one.encode_labels and _holds(one, channels)
        )
        raise OutputError(f"cannot save {channels} channels as {suffix!r}; use {others}")
    return format.encode_picture(picture, suffix)


def _holds(format: Format, channels: int) -> bool:
    return not format.channels or channels in format.channels


def save_picture(path: str | os.PathLike[str], picture: NDArray[Any]) -> Path:
    """Write a picture as its suffix says; see :func:`encode_picture`.

    Returns
    -------
    pathlib.Path
        ``path``.

    Raises
    ------
    OutputError
        As :func:`encode_picture` does, or if the file cannot be written.
    """
    path = Path(path)
    return write_atomically(path, encode_picture(picture, path.suffix))
