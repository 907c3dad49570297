"""WebP in and out, written without loss."""

from __future__ import annotations

from typing import Any, BinaryIO

from numpy.typing import NDArray

from segprior.io.files.pixels import Pixels
from segprior.io.format import Format, Reading
from segprior.io.shared.pillow import encode_pillow, read_pillow

__all__ = ["FORMAT"]


def _read(stream: BinaryIO, name: str, reading: Reading) -> Pixels:
    from PIL.WebPImagePlugin import WebPImageFile

    return read_pillow(WebPImageFile(stream, None), name, reading)


def _picture(picture: NDArray[Any], suffix: str) -> bytes:
    return encode_pillow(picture, "WEBP", suffix, lossless=True)


FORMAT = Format(
    name="webp",
    title="WebP",
    suffixes=(".webp",),
    rank=2,
    recognises=lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP",
    read=_read,
    grey=False,
    encode_picture=_picture,
    channels=(1, 3, 4),
)
