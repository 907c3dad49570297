"""GIF in."""

from __future__ import annotations

from typing import BinaryIO

from segprior.io.files.pixels import Pixels
from segprior.io.format import Format, Reading
from segprior.io.shared.pillow import read_pillow

__all__ = ["FORMAT"]


def _read(stream: BinaryIO, name: str, reading: Reading) -> Pixels:
    from PIL.GifImagePlugin import GifImageFile

    return read_pillow(GifImageFile(stream, None), name, reading)


FORMAT = Format(
    name="gif",
    title="GIF",
    suffixes=(".gif",),
    rank=4,
    recognises=lambda head: head.startswith((b"GIF87a", b"GIF89a")),
    read=_read,
)
