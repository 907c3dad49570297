"""Pictures out, in the format that the suffix names."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import OutputError
from segprior.image.colour import to_uint8
from segprior.io.files.atomic import write_atomically
from segprior.io.formats.npy import encode_npy
from segprior.io.formats.png import encode_png
from segprior.io.formats.tiff import encode_tiff

__all__ = ["PICTURE_SUFFIXES", "encode_picture", "save_picture"]

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".npy")

_CHANNELS = {
    ".png": (1, 3, 4),
    ".webp": (1, 3, 4),
    ".jpg": (1, 3),
    ".jpeg": (1, 3),
    ".bmp": (1, 3),
}


def encode_picture(picture: NDArray[Any], suffix: str) -> bytes:
    """Return the bytes of a picture in a file of the given suffix.

    TIFF and ``.npy`` keep any type and number of channels. The others hold 8 bits, rounded from
    floats; a 16-bit grey PNG is kept as it is. WebP is lossless, JPEG of quality 95.

    Parameters
    ----------
    picture : ndarray of shape (H, W) or (H, W, C)
        Floats in [0, 1], bool, uint8 or uint16. Four channels of uint8 are RGBA.
    suffix : str
        One of ``PICTURE_SUFFIXES``, in any case.

    Raises
    ------
    OutputError
        If the suffix is another one, or the format cannot hold the number of channels or rows.
    """
    suffix = suffix.lower()
    if suffix not in PICTURE_SUFFIXES:
        raise OutputError(
            f"cannot save a picture as {suffix!r}; use one of {', '.join(PICTURE_SUFFIXES)}"
        )
    if suffix == ".npy":
        return encode_npy(picture)
    if suffix in (".tif", ".tiff"):
        if picture.dtype in (np.bool_, np.float16):  # types that few programs read
            picture = to_uint8(picture) if picture.dtype == np.bool_ else picture.astype(np.float32)
        return encode_tiff(picture)
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    if channels not in _CHANNELS[suffix]:
        others = ".tif or .npy" if channels != 4 else ".png, .tif or .npy"
        raise OutputError(f"cannot save {channels} channels as {suffix!r}; use {others}")
    if picture.ndim == 3 and channels == 1:
        picture = picture[..., 0]
    if suffix == ".png":
        deep = picture.dtype == np.uint16 and channels == 1
        return encode_png(picture if deep else to_uint8(picture))
    stream = io.BytesIO()
    kind = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".bmp": "BMP"}[suffix]
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {"quality": 95}
    try:
        Image.fromarray(np.ascontiguousarray(to_uint8(picture))).save(stream, kind, **options)
    except (OSError, ValueError) as error:  # WebP ends at 16383 pixels a side, JPEG at 65535
        size = f"{picture.shape[0]} x {picture.shape[1]}"
        raise OutputError(f"cannot save {size} pixels as {suffix!r}; use .png or .tif") from error
    return stream.getvalue()


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
