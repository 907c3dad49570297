"""Images and image files in memory, for the tests that read them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image


def encoded(picture: Any, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(stream, kind, **options)
    return stream.getvalue()


def tiff(array: NDArray[Any], **options: Any) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, **options)
    return stream.getvalue()


def npy(array: NDArray[Any], **options: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def deep_png(samples: NDArray[np.uint16], colour_type: int) -> bytes:
    """A 16-bit PNG of any colour type, written by hand because Pillow writes only grey ones."""
    import struct
    import zlib

    rows, columns = samples.shape[:2]
    lines = samples.astype(">u2").reshape(rows, -1).view(np.uint8)
    raw = np.hstack([np.zeros((rows, 1), np.uint8), lines]).tobytes()
    header = struct.pack(">IIBBBBB", columns, rows, 16, colour_type, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def tiff_of(strip: bytes, rows: int, columns: int, *, bits: int) -> bytes:
    import struct

    tags = ((256, columns), (257, rows), (258, bits), (259, 1), (262, 1), (273, 8), (277, 1),
            (278, rows), (279, len(strip)))  # fmt: skip
    strip_end = 8 + len(strip)
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return (
        b"II*\0" + struct.pack("<I", strip_end) + strip
        + struct.pack("<H", len(tags)) + entries + b"\0\0\0\0"
    )  # fmt: skip


class InMemory:
    """An image as windows, which notes how many values the largest one had."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        self.values = values
        self.shape = (values.shape[0], values.shape[1], values.shape[2])
        self.most = 0

    def read(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        window = self.values[rows, columns]
        self.most = max(self.most, window.size)
        return window


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))
