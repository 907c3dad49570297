"""One variable of a MATLAB file of version 5 to 7, looked through before anything is made of it.

What a file says of its arrays is checked while it is decoded: a few bytes may promise gigabytes.

References
----------
MATLAB, MAT-File Format, The MathWorks, R2023a, chapter 1.
"""

from __future__ import annotations

import io
import math
import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

from segprior.errors import ImageError
from segprior.io.files.budget import check_bytes
from segprior.io.files.inflate import inflating

__all__ = ["CELL", "NUMBERS", "alone"]

CELL, _STRUCT, _CHAR = 1, 2, 4
NUMBERS = tuple(range(6, 16))
"""Classes of MATLAB's arrays."""

_HEAD = 128
_MATRIX, _COMPRESSED = 14, 15
# Bytes of a value of each class of numbers, and of each type in which they may be stored.
_CLASS_BYTES = {6: 8, 7: 4, 8: 1, 9: 1, 10: 2, 11: 2, 12: 4, 13: 4, 14: 8, 15: 8}
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8, 16: 1, 17: 2, 18: 4}
_COMPLEX = 0x0800
_CURE = "pass a file of BSDS500, or one that a benchmark like its own has made"
_DEEPEST, _MOST_PARTS, _LONGEST_NAMES = 8, 10_000, 1 << 16


def alone(
    stream: BinaryIO, variable: str, classes: tuple[int, ...], most: int, name: str,
    max_bytes: int | None = None,
) -> BinaryIO | None:  # fmt: skip
    """Return a file with one variable of another file, not compressed.

    Parameters
    ----------
    stream : binary file object
        At its start.
    variable : str
        Its name.
    classes : tuple of int
        What it may be: `CELL`, or `NUMBERS`.
    most : int
        Values that each array of numbers in it may have.
    name : str
        For messages.
    max_bytes : int, optional
        What all of it may take in memory, as for :func:`segprior.io.files.budget.budget`.

    Returns
    -------
    binary file object or None
        None if there is no such variable. A file of another version comes back as it is.

    Raises
    ------
    ImageError
        If it is larger than it may be, or holds something other than numbers, text, cells and
        structures.
    ValueError, struct.error, zlib.error
        If it is damaged.
    """
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    head = stream.read(_HEAD)
    order = {b"IM": "<", b"MI": ">"}.get(head[126:128])
    if len(head) < _HEAD or order is None or 0 in head[:4]:
        stream.seek(0)
        return stream
    at = _HEAD
    while at + 8 <= size:
        stream.seek(at)
        kind, length = struct.unpack(f"{order}2I", stream.read(8))
        inner = min(length, size - at - 8)
        if kind == _COMPRESSED:
            parts = inflating(stream, inner)
        elif kind == _MATRIX:
            stream.seek(at)
            parts = _pieces(stream, inner + 8)
        else:
            raise ValueError(f"an element of type {kind}")
        walk = _Walk(parts, order, most, name, max_bytes)
        if walk.begins(variable):
            walk.variable(classes)
            return io.BytesIO(head + walk.taken())
        at += 8 + length
    return None


def _pieces(stream: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0 and (part := stream.read(min(length, 1 << 20))):
        length -= len(part)
        yield part


class _Walk:
    """Goes through one variable from tag to tag, and keeps its bytes as they come."""

    def __init__(
        self, parts: Iterator[bytes], order: str, most: int, name: str, max_bytes: int | None
    ) -> None:
        self._parts, self._order, self._most = parts, order, most
        self._name, self._budget = name, max_bytes
        self._held = bytearray()
        self._at = self._total = self._count = 0
        self._key = ""

    def taken(self) -> bytes:
        """The bytes of the variable, with a tag that says how many there are."""
        inner = bytes(self._held[8 : self._at])
        return struct.pack(f"{self._order}2I", _MATRIX, len(inner)) + inner

    def begins(self, variable: str) -> bool:
        """Tell whether this is the variable of that name; go back to its start."""
        self._bytes(8)
        _, _, found = self._top()
        self._at, self._key = 0, variable
        return found == variable.encode()

    def variable(self, classes: tuple[int, ...]) -> None:
        """Go through all of it; parameters as of `alone`."""
        self._bytes(8)
        kind, dims, _ = self._top()
        if kind not in classes:
            raise ImageError(f"{self._name}: {self._key} is of MATLAB's class {kind}; {_CURE}")
        self._inside(kind, dims, 0)

    def _bytes(self, count: int) -> bytes:
        while len(self._held) < self._at + count:
            part = next(self._parts, None)
            if part is None:
                raise ValueError("truncated")
            self._held += part
        self._at += count
        return bytes(self._held[self._at - count : self._at])

    def _skip(self, count: int) -> None:
        check_bytes(len(self._held) + count, self._budget, self._name)
        while len(self._held) < self._at + count:
            part = next(self._parts, None)
            if part is None:
                raise ValueError("truncated")
            self._held += part
        self._at += count

    def _tag(self) -> tuple[int, int, bool]:
        """Type and bytes of an element, and whether these are in the tag itself."""
        (word,) = struct.unpack(f"{self._order}I", self._bytes(4))
        if word >> 16:
            return word & 0xFFFF, word >> 16, True
        (length,) = struct.unpack(f"{self._order}I", self._bytes(4))
        return word, length, False

    def _element(self, most: int) -> tuple[int, bytes]:
        kind, length, small = self._tag()
        if length > (4 if small else most):
            raise ValueError(f"an element of {length} bytes")
        data = self._bytes(length)
        self._bytes(4 - length if small else -length % 8)
        return kind, data

    def _top(self) -> tuple[int, list[int], bytes]:
        """Class, sides and name of an array whose tag has been read."""
        (flags,) = struct.unpack(f"{self._order}I", self._element(8)[1][:4])
        if flags & _COMPLEX:
            raise ImageError(f"{self._name}: complex numbers; save real ones")
        sides = self._element(4 * 32)[1]
        dims = list(struct.unpack(f"{self._order}{len(sides) // 4}i", sides))
        if min(dims, default=0) < 0:
            raise ValueError(f"an array of shape {dims}")
        return flags & 0xFF, dims, self._element(_LONGEST_NAMES)[1]

    def _matrix(self, depth: int) -> None:
        kind, length, small = self._tag()
        if kind != _MATRIX or small or depth > _DEEPEST:
            raise ValueError(f"an element of type {kind}, {depth} deep")
        if length:
            of_class, dims, _ = self._top()
            self._inside(of_class, dims, depth)

    def _inside(self, kind: int, dims: list[int], depth: int) -> None:
        count = math.prod(dims)
        if kind == CELL:
            self._several(count, depth)
        elif kind == _STRUCT:
            (width,) = struct.unpack(f"{self._order}i", self._element(4)[1])
            names = self._element(_LONGEST_NAMES)[1]
            self._several(count * (len(names) // max(1, width)), depth)
        elif kind in _CLASS_BYTES or kind == _CHAR:
            self._values(kind, count, dims)
        else:
            raise ImageError(f"{self._name}: an array of MATLAB's class {kind}; save numbers")

    def _several(self, count: int, depth: int) -> None:
        self._count += count
        if self._count > _MOST_PARTS:
            raise ImageError(f"{self._name}: more than {_MOST_PARTS} cells and fields")
        for _ in range(count):
            self._matrix(depth + 1)

    def _values(self, kind: int, count: int, dims: list[int]) -> None:
        if count > self._most:
            raise ImageError(
                f"{self._name}: an array of {' x '.join(map(str, dims))} values, above the limit "
                f"of {self._most}"
            )
        self._total += count * _CLASS_BYTES.get(kind, 4)
        check_bytes(self._total, self._budget, self._name)
        stored, length, small = self._tag()
        if length != count * _TYPE_BYTES.get(stored, 0) and kind != _CHAR:
            raise ValueError(f"{length} bytes for {count} values")
        if length > count * 8 or (small and length > 4):
            raise ValueError(f"{length} bytes for {count} values")
        self._skip(4 if small else length + -length % 8)
