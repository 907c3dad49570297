"""LZW and PackBits of TIFF, undone by the compiled loops, or by Pillow's TIFF library."""

from __future__ import annotations

import ctypes
import io
import struct
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from segprior.runtime import loops

__all__ = ["by_libtiff", "strip_by_libtiff", "unpack_lzw", "unpack_packbits"]


def unpack_lzw(data: bytes, size: int) -> bytes | memoryview:
    """Undo LZW, up to a number of bytes.

    Parameters
    ----------
    data : bytes
        One strip or tile, in the order of bits of TIFF 6.0 or in that of before.
    size : int
        Bytes that are wanted.

    Returns
    -------
    bytes or memoryview
        Fewer than `size` where there are no more.

    Raises
    ------
    ValueError, OSError
        If the bytes are no LZW.

    References
    ----------
    TIFF, revision 6.0, Adobe, 1992, section 13.
    """
    if not loops.are_there():
        return by_libtiff(data, size, 5)
    return _compiled("lzw_decode", data, size)


def unpack_packbits(data: bytes, size: int) -> bytes | memoryview:
    """Undo PackBits, up to a number of bytes; as `unpack_lzw`, by section 9."""
    if not loops.are_there():
        return by_libtiff(data, size, 32773)
    return _compiled("packbits_decode", data, size)


@cache
def _function(name: str) -> Callable[..., int]:
    return loops.function(
        name, ctypes.c_char_p, ctypes.c_int64, loops.bytes_(), ctypes.c_int64,
        result=ctypes.c_int64,
    )  # fmt: skip


def _compiled(name: str, data: bytes, size: int) -> memoryview:
    room = np.empty(size, np.uint8)
    written = _function(name)(data, len(data), room, size)
    if written < 0:
        raise ValueError("no LZW")
    return room[:written].data


def by_libtiff(data: bytes, size: int, code: int) -> bytes:
    """Undo a compression of bytes as the only strip of a grey picture.

    Parameters
    ----------
    data, size
        As for `unpack_lzw`; there must be as many.
    code : int
        The number of the compression.

    Raises
    ------
    OSError
        If the bytes are damaged, or the library was built without this compression.
    """
    return strip_by_libtiff(data, code, rows=1, columns=size, bits=8).tobytes()


def strip_by_libtiff(
    data: bytes,
    code: int,
    *,
    rows: int,
    columns: int,
    bits: int,
    tags: Sequence[tuple[int, int]] = (),
) -> NDArray[np.generic]:
    """Decode a strip of one band in a file that is made around it, for Pillow's TIFF library.

    Parameters
    ----------
    data, code
        As for `by_libtiff`.
    rows, columns, bits : int
        What it holds.
    tags : sequence of (int, int)
        More tags and their numbers.

    Returns
    -------
    ndarray of uint8 or bool, shape (rows, columns)
    """
    from PIL.TiffImagePlugin import TiffImageFile

    known = [
        (256, columns), (257, rows), (258, bits), (259, code), (262, 1), (273, 0), (277, 1),
        (278, rows), (279, len(data)), *tags,
    ]  # fmt: skip
    start = 8 + 2 + 12 * len(known) + 4
    entries = b"".join(
        struct.pack("<HHII", tag, 4, 1, start if tag == 273 else value)
        for tag, value in sorted(known)
    )
    head = b"II*\0" + struct.pack("<IH", 8, len(known)) + entries + b"\0\0\0\0"
    return np.asarray(TiffImageFile(io.BytesIO(head + data), "strip.tif"))
