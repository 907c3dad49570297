"""JPEG in and out; it blurs, so that no labels are read from it."""

from __future__ import annotations

from typing import Any, BinaryIO

from numpy.typing import NDArray

from segprior.io.files.pixels import Pixels
from segprior.io.format import Format, Reading
from segprior.io.shared.pillow import check_scans, encode_pillow, read_pillow

__all__ = ["FORMAT"]


def _read(stream: BinaryIO, name: str, reading: Reading) -> Pixels:
    from PIL.JpegImagePlugin import jpeg_factory

    check_scans(stream.read())
    stream.seek(0)
    return read_pillow(jpeg_factory(stream, None), name, reading)


def _picture(picture: NDArray[Any], suffix: str) -> bytes:
    return encode_pillow(picture, "JPEG", suffix, quality=95)


FORMAT = Format(
    name="jpeg",
    title="JPEG",
    suffixes=(".jpg", ".jpeg"),
    rank=1,
    recognises=lambda head: head.startswith(b"\xff\xd8\xff"),
    read=_read,
    lossy=True,
    encode_picture=_picture,
    channels=(1, 3),
)
