"""Ways to damage a file: some know nothing of it, some how it is made."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable

__all__ = ["mutate"]

_NUMBERS = (0, 1, -1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40)
_WORDS = (
    b"null", b"NaN", b"-1", b"1e999", b"[]", b"{}", b'""', b"99999999999999999999", b"true",
    b"[" * 5000, b'"\\ud800"', b"../../x", b"\x00", b"/etc/passwd", b"|O", b"1.5", b"<i9",
)  # fmt: skip


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Damage some bytes once or several times, the same way for the same state of ``chance``."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        data = chance.choice(_WAYS)(data, chance)
    return data


def _place(data: bytes, chance: random.Random) -> int:
    # Headers are where most is decided.
    end = len(data) if chance.random() < 0.5 else min(len(data), 256)
    return chance.randrange(end) if end else 0


def _flip(data: bytes, chance: random.Random) -> bytes:
    held = bytearray(data)
    for _ in range(chance.choice((1, 1, 4, 32))):
        if held:
            held[_place(data, chance)] ^= 1 << chance.randrange(8)
    return bytes(held)


def _noise(data: bytes, chance: random.Random) -> bytes:
    at, length = _place(data, chance), chance.choice((1, 2, 16, 64))
    return data[:at] + chance.randbytes(length) + data[at + length :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: _place(data, chance)]


def _drop(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + data[at + chance.choice((1, 2, 4, 50)) :]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    piece = data[at : at + chance.choice((1, 4, 64))]
    return data[:at] + piece * chance.choice((2, 3, 100)) + data[at:]


def _append(data: bytes, chance: random.Random) -> bytes:
    return data + chance.randbytes(chance.choice((1, 100, 5000)))


def _number(data: bytes, chance: random.Random) -> bytes:
    """Write a number that is at the edge of something, in either order of bytes."""
    width = chance.choice((1, 2, 4, 8))
    at = _place(data, chance)
    value = chance.choice(_NUMBERS) & ((1 << (8 * width)) - 1)
    packed = value.to_bytes(width, chance.choice(("little", "big")))
    return data[:at] + packed + data[at + width :]


def _word(data: bytes, chance: random.Random) -> bytes:
    """Replace a number, a text or a name of JSON, CSV and the headers of .npy."""
    found = [*re.finditer(rb'-?\d+(\.\d+)?|"[^"]*"|\'[^\']*\'|null|\[|\{', data[:20_000])]
    if not found:
        return _noise(data, chance)
    match = chance.choice(found)
    return data[: match.start()] + chance.choice(_WORDS) + data[match.end() :]


def _png_chunk(data: bytes, chance: random.Random) -> bytes:
    """Change the content of a chunk, or its place, and put its checksum right."""
    if not data.startswith(b"\x89PNG"):
        return _number(data, chance)
    chunks, at = [], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        chunks.append(data[at + 4 : at + 8 + length])
        at += 12 + length
    if not chunks:
        return data
    number = chance.randrange(len(chunks))
    if chance.random() < 0.2:
        chunks.insert(chance.randrange(len(chunks)), chunks[number])
    else:
        body = _number(chunks[number][4:], chance)
        chunks[number] = chunks[number][:4] + body
    whole = b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
        if len(chunk) >= 4
    )
    return data[:8] + whole


def _tiff_entry(data: bytes, chance: random.Random) -> bytes:
    """Change tag, type, count or value of an entry of the first directory of a TIFF."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2], "")
    if not order or len(data) < 16:
        return _number(data, chance)
    try:
        if struct.unpack_from(f"{order}H", data, 2)[0] == 43:  # BigTIFF
            (start,), size, first, wide = struct.unpack_from(f"{order}Q", data, 8), 20, 8, "Q"
            (count,) = struct.unpack_from(f"{order}Q", data, start)
        else:
            (start,), size, first, wide = struct.unpack_from(f"{order}I", data, 4), 12, 2, "I"
            (count,) = struct.unpack_from(f"{order}H", data, start)
        entry = start + first + size * chance.randrange(max(1, min(count, 64)))
        where, kind = chance.choice(
            ((0, "H"), (2, "H"), (4, wide), (4 + struct.calcsize(wide), wide), (8, "H"))
        )
        held = bytearray(data)
        value = chance.choice((*_NUMBERS, 3, 4, 5, 8, 16, 32, 32773, 34925, 50000))
        limit = (1 << (8 * struct.calcsize(f"={kind}"))) - 1
        struct.pack_into(f"{order}{kind}", held, entry + where, value & limit)
    except struct.error:
        return _number(data, chance)
    return bytes(held)


def _zip_member(data: bytes, chance: random.Random) -> bytes:
    """Change what a member of a zip archive holds, and put its checksum right."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(entry, archive.read(entry)) for entry in archive.infolist()]
    # Whatever earlier damage makes of an archive.
    except Exception:
        members = []
    if not members or sum(len(held) for _, held in members) > 1 << 24:
        return _number(data, chance)
    stream, number = io.BytesIO(), chance.randrange(len(members))
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for at, (entry, held) in enumerate(members):
            changed = chance.choice((_word, _number, _flip, _cut))(held, chance)
            archive.writestr(zipfile.ZipInfo(entry.filename), changed if at == number else held)
    return stream.getvalue()


def _mat_variable(data: bytes, chance: random.Random) -> bytes:
    """Change what a compressed variable of a MATLAB file holds."""
    if not data.startswith(b"MATLAB") or len(data) < 137:
        return _zip_member(data, chance)
    order = "<" if data[126:128] == b"IM" else ">"
    try:
        kind, length = struct.unpack_from(f"{order}2I", data, 128)
        inner = zlib.decompressobj().decompress(data[136 : 136 + length], 1 << 22)
    except (struct.error, zlib.error):
        return _number(data, chance)
    packed = zlib.compress(chance.choice((_number, _number, _flip, _cut))(inner, chance))
    head = struct.pack(f"{order}2I", kind, len(packed))
    return data[:128] + head + packed + data[136 + length :]


_WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip, _noise, _cut, _drop, _repeat, _append, _number, _number, _word, _png_chunk, _tiff_entry,
    _tiff_entry, _mat_variable,
)  # fmt: skip
