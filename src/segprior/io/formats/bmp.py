"""BMP in and out."""

from __future__ import annotations

from typing import Any, BinaryIO

from numpy.typing import NDArray

from segprior.io.files.pixels import Pixels
from segprior.io.format import Format, Reading
from segprior.io.shared.pillow import encode_pillow, read_pillow

__all__ = ["FORMAT"]


def _read(stream: BinaryIO, name: str, reading: Reading) -> Pixels:
    from PIL.BmpImagePlugin import BmpImageFile

    return read_pillow(BmpImageFile(stream, None), name, reading)


def _picture(picture: NDArray[Any], suffix: str) -> bytes:
    return encode_pillow(picture, "BMP", suffix)


FORMAT = Format(
    name="bmp",
    title="BMP",
    suffixes=(".bmp",),
    rank=3,
    recognises=lambda head: head.startswith(b"BM"),
    read=_read,
    encode_picture=_picture,
    channels=(1, 3),
)
