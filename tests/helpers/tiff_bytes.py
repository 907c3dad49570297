"""TIFFs written byte by byte, in compressions that nothing here writes."""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def lzw(data: bytes, row: int = 0, *, old: bool = False) -> bytes:
    """LZW with strings, as a coder of TIFF 6.0 has them, or one of before."""
    codes: list[tuple[int, int]] = []
    early = 0 if old else 1

    def emit(code: int) -> None:
        codes.append((code, width))

    strings, width, last = {bytes([b]): b for b in range(256)}, 9, b""
    emit(256)
    for byte in data:
        longer = last + bytes([byte])
        if longer in strings:
            last = longer
            continue
        emit(strings[last])
        strings[longer] = len(strings) + 2
        last = bytes([byte])
        if len(strings) + 2 + early > 1 << width:
            width += 1
        if len(strings) + 2 == 4094:
            emit(256)
            strings, width = {bytes([b]): b for b in range(256)}, 9
    if last:
        emit(strings[last])
        # The reader makes a string of this code as well.
        if len(strings) + 3 + early > 1 << width:
            width += 1
    emit(257)
    bits = [[code >> (i if old else size - 1 - i) & 1 for i in range(size)] for code, size in codes]
    flat = np.array([bit for one in bits for bit in one], np.uint8)
    return np.packbits(flat, bitorder="little" if old else "big").tobytes()


def packbits(data: bytes, row: int) -> bytes:
    """PackBits of literals and runs, each row for itself."""
    out = bytearray()
    for start in range(0, len(data), row):
        line = data[start : start + row]
        at = 0
        while at < len(line):
            run = 1
            while run < 128 and at + run < len(line) and line[at + run] == line[at]:
                run += 1
            out += bytes([257 - run, line[at]]) if run > 1 else bytes([0, line[at]])
            at += run
    return bytes(out)


def zstd(data: bytes, row: int = 0) -> bytes:
    """A Zstandard frame of raw blocks."""
    parts = [data[at : at + 65536] for at in range(0, len(data), 65536)]
    head = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(data))
    return head + b"".join(
        struct.pack("<I", len(part) << 3 | (part is parts[-1]))[:3] + part for part in parts
    )


CODECS: dict[int, Any] = {
    1: lambda data, row: data,
    5: lzw,
    8: lambda data, row: zlib.compress(data),
    32773: packbits,
    34925: lambda data, row: lzma.compress(data),
    50000: zstd,
}


def write_tiff(
    path: Path,
    array: NDArray[Any],
    *,
    compression: int = 1,
    photometric: int = 1,
    extras: Sequence[int] = (),
    planar: bool = False,
    rows_per_strip: int | None = None,
    predictor: int = 1,
    after: bytes = b"",
    tags: Sequence[tuple[int, int, Sequence[int]]] = (),
    strips: Sequence[bytes] | None = None,
    bits: int | None = None,
) -> Path:
    """Write one page, (H, W) or (H, W, C), in strips; ``after`` is compressed with the last."""
    array = np.atleast_3d(array)
    rows, columns, bands = array.shape
    high = rows_per_strip or rows
    if strips is None:
        encode = CODECS[compression]
        planes = [array[..., i : i + 1] for i in range(bands)] if planar else [array]
        strips = []
        for plane in planes:
            for top in range(0, rows, high):
                part = np.ascontiguousarray(plane[top : top + high])
                if predictor == 2:
                    part = np.diff(part, axis=1, prepend=np.zeros_like(part[:, :1]))
                raw = np.ascontiguousarray(part, part.dtype.newbyteorder("<")).tobytes()
                row = len(raw) // len(part)
                strips.append(encode(raw + after, row))
    depth = bits or array.dtype.itemsize * 8
    kind = {"u": 1, "b": 1, "i": 2, "f": 3}[array.dtype.kind]
    entries: list[tuple[int, int, Sequence[int]]] = [
        (256, 4, [columns]), (257, 4, [rows]), (258, 3, [depth] * bands),
        (259, 3, [compression]), (262, 3, [photometric]), (273, 4, [0] * len(strips)),
        (277, 3, [bands]), (278, 4, [high]), (279, 4, [len(strip) for strip in strips]),
        (284, 3, [1 + planar]), (317, 3, [predictor]), (339, 3, [kind] * bands), *tags,
    ]  # fmt: skip
    if extras:
        entries.append((338, 3, extras))
    entries.sort()
    start = 10 + 12 * len(entries) + 4
    sizes = {3: "H", 4: "I"}
    beyond = sum(
        n for _, t, v in entries if (n := struct.calcsize(sizes[t]) * len(v)) > 4
    )  # fmt: skip
    first = start + beyond
    table, more = b"", b""
    for code, type_, values in entries:
        if code == 273:
            values = [first + sum(map(len, strips[:i])) for i in range(len(strips))]
        data = struct.pack(f"<{len(values)}{sizes[type_]}", *values)
        field = data.ljust(4, b"\0")
        if len(data) > 4:
            field, more = struct.pack("<I", start + len(more)), more + data
        table += struct.pack("<HHI", code, type_, len(values)) + field
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + table + b"\0\0\0\0"
    path.write_bytes(head + more + b"".join(strips))
    return path
