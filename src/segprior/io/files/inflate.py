"""Undo a compression, but never beyond the bytes that a file has declared."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

__all__ = ["INFLATERS", "inflate", "inflating"]

_STEP = 1 << 20
# Streams may ask for a dictionary of gigabytes; the strongest preset has 64 MB.
_LZMA_MEMORY = 1 << 28

# What each makes anew for each stream that follows another in the same bytes.
INFLATERS: dict[str, Any] = {
    "bz2": bz2.BZ2Decompressor,
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "lzma": lambda: lzma.LZMADecompressor(memlimit=_LZMA_MEMORY),
    "zlib": zlib.decompressobj,
}
"""The compressions that Python itself undoes, by name."""


def inflate(kind: str, data: bytes, size: int) -> bytes:
    """Undo a compression, up to a number of bytes; what lies beyond is not decoded.

    Parameters
    ----------
    kind : str
        One of `INFLATERS`.
    data : bytes
        Compressed; of gzip, bz2 and lzma also several streams one after the other.
    size : int
        Bytes that are wanted.

    Returns
    -------
    bytes
        Fewer than `size` where there are no more.

    Raises
    ------
    zlib.error, lzma.LZMAError, OSError
        If the bytes are damaged.

    Examples
    --------
    >>> bomb = zlib.compress(bytes(1000000))
    >>> inflate("zlib", bomb, 3)
    b'\\x00\\x00\\x00'
    """
    parts: list[bytes] = []
    while data and size > 0:
        decoder = INFLATERS[kind]()
        made = decoder.decompress(data, size)
        # Of some kinds a call may stop early although there is more.
        while made and not decoder.eof and len(made) < size and _more(decoder):
            made += decoder.decompress(getattr(decoder, "unconsumed_tail", b""), size - len(made))
        parts.append(made)
        size -= len(made)
        if not decoder.eof:
            break
        data = decoder.unused_data if kind != "zlib" else b""
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _more(decoder: Any) -> bool:
    tail = getattr(decoder, "unconsumed_tail", None)
    return bool(tail) if tail is not None else not decoder.needs_input


def inflating(stream: BinaryIO, length: int) -> Iterator[bytes]:
    """Undo zlib's compression part by part, each of a megabyte at most.

    Parameters
    ----------
    stream : binary file object
        Where the compressed bytes begin.
    length : int
        How many compressed bytes there are.

    Raises
    ------
    zlib.error
        If the bytes are damaged.
    """
    decoder = zlib.decompressobj()
    while length > 0 and not decoder.eof:
        data = stream.read(min(length, _STEP))
        if not data:
            return
        length -= len(data)
        while data:
            yield decoder.decompress(data, _STEP)
            data = decoder.unconsumed_tail
