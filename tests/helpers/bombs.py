"""Small files that promise or unfold to much: pictures.

Each function takes a folder and how many bytes are to come of what is compressed, and writes one
file. :mod:`tests.helpers.bombs_arrays` has the others.
"""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.helpers.tiff_bytes import write_tiff

Maker = Callable[[Path, int], Path]
Entry = tuple[int, int, Sequence[int] | bytes]

_STEP = 1 << 20
SMALL = np.zeros((32, 32), np.uint8)


def zeros(kind: str, size: int) -> bytes:
    """So many zero bytes, compressed."""
    if kind == "zstd":
        return zstd(size)
    coder: Any
    if kind in ("zlib", "gzip"):
        coder = zlib.compressobj(9, wbits=15 if kind == "zlib" else 31)
    else:
        coder = bz2.BZ2Compressor() if kind == "bz2" else lzma.LZMACompressor(preset=0)
    piece = bytes(_STEP)
    return b"".join([*(coder.compress(piece) for _ in range(size // _STEP)), coder.flush()])


def zstd(size: int) -> bytes:
    """A Zstandard frame of blocks of one byte that is repeated."""
    block = 1 << 17
    count = size // block
    head = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", count * block)
    blocks = [
        struct.pack("<I", block << 3 | 2 | (at == count - 1))[:3] + b"\0" for at in range(count)
    ]
    return head + b"".join(blocks)


def lzw(size: int) -> bytes:
    """Codes of strings each of which is one byte longer than the one before, again and again."""
    codes, made, code = [(256, 9), (0, 9)], 1, 258
    while code < 4093 and made < size:
        # A code may be used as soon as its string is begun, one before the reader has it.
        codes.append((code, 9 + sum(code + 1 > limit for limit in (511, 1023, 2047))))
        made, code = made + code - 256, code + 1
    bits = "".join(f"{one:0{width}b}" for one, width in codes) * -(-size // made)
    return np.packbits(np.frombuffer(bits.encode(), np.uint8) - 48).tobytes()


def strip(code: int, data: Callable[[int], bytes]) -> Maker:
    """A TIFF of 32 x 32 pixels whose strip has far more."""
    return lambda folder, size: write_tiff(
        folder / "bomb.tif", SMALL, compression=code, strips=[data(size)]
    )


def ifd(
    path: Path, entries: Sequence[Entry], *, data: bytes = bytes(1024), next_at: int = 0,
    big: bool = False,
) -> Path:  # fmt: skip
    """A TIFF of 32 x 32 pixels with these tags besides or instead, whose counts are as told.

    Values are written as they are; bytes stand for what a tag has elsewhere, its count their own.
    """
    plain: dict[int, Entry] = {
        code: (code, 4, [value])
        for code, value in (
            (256, 32), (257, 32), (258, 8), (259, 1), (262, 1), (277, 1), (278, 32),
            (279, len(data)),
        )
    }  # fmt: skip
    plain |= {one[0]: one for one in entries}
    plain.setdefault(273, (273, 4, [0]))
    room, head, word = (20, 16 + 8, "<Q") if big else (12, 8 + 2, "<I")
    start = head + room * len(plain) + (8 if big else 4)
    table, beyond = b"", b""
    for code, (_, kind, values) in sorted(plain.items()):
        if code == 273 and list(values) == [0]:
            values = [start + sum(len(v) for _, _, v in plain.values() if isinstance(v, bytes))]
        if isinstance(values, bytes):
            count, field = len(values), struct.pack(word, start + len(beyond))
            beyond += values
        else:
            count = values[1] if len(values) > 1 else 1
            field = struct.pack(word, values[0])
        table += struct.pack("<HH", code, kind) + struct.pack(word, count) + field
    if big:
        first = b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, len(plain))
    else:
        first = b"II*\0" + struct.pack("<IH", 8, len(plain))
    path.write_bytes(first + table + struct.pack(word, next_at) + beyond + data)
    return path


def tagged(*entries: Entry, **options: int) -> Maker:
    """A TIFF with strange tags."""
    return lambda folder, size: ifd(folder / "bomb.tif", entries, **options)  # type: ignore[arg-type]


def chain(folder: Path, size: int) -> Path:
    """A TIFF of very many pages."""
    one = [(256, 32), (257, 32), (258, 8), (259, 1), (262, 1), (273, 8), (278, 32), (279, 1024)]
    body = b"".join(struct.pack("<HHII", code, 4, 1, value) for code, value in one)
    room, count = 2 + len(body) + 4, size // 2000
    pages = b"".join(
        struct.pack("<H", len(one)) + body + struct.pack("<I", 1032 + room * (at + 1))
        for at in range(count)
    )
    path = folder / "bomb.tif"
    path.write_bytes(b"II*\0" + struct.pack("<I", 1032) + bytes(1024) + pages)
    return path


def described(text: Callable[[int], bytes]) -> Maker:
    """A TIFF with a description that much may be made of."""
    return lambda folder, size: ifd(folder / "bomb.tif", [(270, 2, text(size) + b"\0")])


_OME = (
    b'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
    b'<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="32" SizeY="32" '
    b'SizeC="%s" SizeZ="1" SizeT="1">%s<TiffData IFD="0" PlaneCount="1"/></Pixels></Image></OME>'
)


def laughs(size: int) -> bytes:
    """OME-XML with entities that are made of entities."""
    names = b"abcdefghij"
    lines = [b'<!ENTITY a "ha">'] + [
        b'<!ENTITY %c "%s">' % (names[at], b"&%c;" % names[at - 1] * 10) for at in range(1, 10)
    ]
    return b'<?xml version="1.0"?><!DOCTYPE OME [' + b"".join(lines) + b"]>" + _OME % (b"1", b"&j;")


def long_ome(size: int) -> bytes:
    """OME-XML with very many channels."""
    one = b'<Channel ID="Channel:0:0" SamplesPerPixel="1"/>'
    return _OME % (b"%d" % (size // 20 // len(one)), one * (size // 20 // len(one)))


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    path: Path, rows: int, columns: int, *, bits: int = 8, kind: int = 0, data: bytes | None = None,
    chunks: Sequence[tuple[bytes, bytes]] = (),
) -> Path:  # fmt: skip
    """A black PNG, or one with other compressed rows, and chunks between."""
    bands = {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    if data is None:
        data = zlib.compress(bytes(rows * (1 + -(-columns * bits * bands // 8))), 9)
    head = struct.pack(">IIBBBBB", columns, rows, bits, kind, 0, 0, 0)
    all_chunks = [(b"IHDR", head), *chunks, (b"IDAT", data), (b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*one) for one in all_chunks))
    return path


def with_chunk(kind: bytes, head: bytes, packed: bool = True) -> Maker:
    """A PNG with a chunk of text or colour that unfolds to much."""
    return lambda folder, size: png(
        folder / "bomb.png",
        32,
        32,
        chunks=[(kind, head + (zeros("zlib", size) if packed else b""))],
    )


def _picture(kind: str, mode: str = "L", **options: object) -> bytearray:
    stream = io.BytesIO()
    Image.new(mode, (32, 32)).save(stream, kind, **options)
    return bytearray(stream.getvalue())


def jpeg(rows: int, columns: int, scans: int = 1) -> bytes:
    """A JPEG that says that it is larger than it is, or goes over the picture again and again."""
    data = _picture("JPEG", progressive=scans > 1)
    at = data.find(b"\xff\xc2" if scans > 1 else b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", rows, columns)
    if scans > 1:
        last = data.rfind(b"\xff\xda")
        return bytes(data[:-2] + data[last:-2] * scans + data[-2:])
    return bytes(data)


def jpeg_2000(side: int) -> bytes:
    data = _picture("JPEG2000", no_jp2=True)
    at = data.find(b"\xff\x51")
    data[at + 6 : at + 14] = struct.pack(">II", side, side)
    data[at + 22 : at + 30] = struct.pack(">II", side, side)
    return bytes(data)


def webp(side: int) -> bytes:
    """A lossless WebP of another size than its own."""
    data = _picture("WEBP", "RGB", lossless=True)
    at = data.find(b"VP8L") + 9
    (word,) = struct.unpack_from("<I", data, at)
    struct.pack_into("<I", data, at, word & ~((1 << 28) - 1) | (side - 1) | (side - 1) << 14)
    return bytes(data)


def gif(folder: Path, size: int) -> Path:
    data = _picture("GIF")
    at = data.find(b"\x2c\0\0\0\0")
    data[6:10] = data[at + 5 : at + 9] = struct.pack("<HH", 65535, 65535)
    return _put(folder / "bomb.gif", bytes(data))


def many_frames(folder: Path, size: int) -> Path:
    """A GIF of very many frames, the last of which is asked for."""
    data = bytes(_picture("GIF"))
    at = data.find(b"\x2c\0\0\0\0")
    return _put(folder / "bomb.gif", data[:at] + data[at:-1] * (size // 10_000) + b";")


def bmp(folder: Path, size: int) -> Path:
    """A BMP of runs, which a few bytes may move far."""
    head = struct.pack("<IiiHHIIiiII", 40, 60000, 60000, 1, 8, 1, 1000, 0, 0, 256, 0)
    palette = bytes(1024)
    start = 14 + len(head) + len(palette)
    body = head + palette + b"\xff\0" * 400 + b"\0\1"
    return _put(folder / "bomb.bmp", b"BM" + struct.pack("<IHHI", start + 900, 0, 0, start) + body)


def _put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def pictures() -> Iterator[tuple[str, Maker]]:
    """Yield names and makers."""
    yield "tiff-deflate", strip(8, lambda size: zeros("zlib", size))
    yield "tiff-deflate-old", strip(32946, lambda size: zeros("zlib", size))
    yield "tiff-lzw", strip(5, lzw)
    yield "tiff-packbits", strip(32773, lambda size: b"\x81\0" * (size // 128))
    yield "tiff-lzma", strip(34925, lambda size: zeros("lzma", size))
    yield "tiff-zstd", strip(50000, zstd)
    yield "tiff-jpeg", strip(7, lambda size: jpeg(65500, 65500))
    yield "tiff-jpeg-scans", strip(7, lambda size: jpeg(32, 32, 100_000))
    yield "tiff-jpeg-2000", strip(34712, lambda size: jpeg_2000(60_000))
    yield "tiff-webp", strip(50001, lambda size: webp(16_383))
    yield "tiff-large", tagged((256, 4, [60_000]), (257, 4, [60_000]), (278, 4, [60_000]))
    yield "tiff-bands", tagged((256, 4, [7900]), (257, 4, [8000]), (277, 3, [60_000]))
    yield (
        "tiff-fax",
        tagged(
            (256, 4, [60_000]), (257, 4, [60_000]), (258, 4, [1]), (259, 4, [4]), (278, 4, [60_000])
        ),
    )
    yield (
        "tiff-tile",
        tagged((322, 4, [65_520]), (323, 4, [65_520]), (324, 4, [300]), (325, 4, [9])),
    )
    yield "tiff-strips", tagged((278, 4, [1]), (273, 4, [8, 1 << 30]), (279, 4, [8, 1 << 30]))
    yield "tiff-geo-keys", tagged((34735, 3, [8, 0xFFFFFFF0]), (42113, 2, [8, 0xFFFFFFF0]))
    yield "tiff-bits", tagged((258, 3, [8, 0x7FFFFFFF]), (339, 3, [1, 0x7FFFFFFF]))
    yield "tiff-loop", tagged(next_at=8)
    yield "tiff-big-loop", tagged(next_at=16, big=True)
    yield "tiff-big-count", tagged((273, 16, [8, 1 << 60]), (279, 16, [8, 1 << 60]), big=True)
    yield "tiff-inner-loop", tagged((330, 4, [8]), (34665, 4, [8]), (34853, 4, [8]))
    yield "tiff-pages", chain
    yield "tiff-imagej", described(lambda size: b"ImageJ=1.11a\nimages=999999999\nslices=999999999")
    yield "tiff-shaped", described(lambda size: b'{"shape": [999999, 999999, 999, 1]}')
    yield "tiff-brackets", described(lambda size: b'{"shape": ' + b"[" * (size // 100))
    yield "ome-laughs", described(laughs)
    yield "ome-long", described(long_ome)
    yield "ome-counts", described(lambda size: _OME % (b"2000000000", b""))
    huge = struct.pack(">IIBBBBB", 65535, 65535, 8, 6, 0, 0, 0)
    yield (
        "png-large",
        lambda folder, size: _put(
            folder / "bomb.png",
            b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", huge) + png_chunk(b"IDAT", b"") + bytes(12),
        ),
    )
    yield "png-bits", lambda folder, size: png(folder / "bomb.png", 30_000, 30_000, bits=1)
    yield (
        "png-rows",
        lambda folder, size: png(folder / "bomb.png", 32, 32, data=zeros("zlib", size)),
    )
    yield "png-ztxt", with_chunk(b"zTXt", b"Comment\0\0")
    yield "png-itxt", with_chunk(b"iTXt", b"Comment\0\1\0\0\0")
    yield "png-iccp", with_chunk(b"iCCP", b"ICC\0\0")
    yield "png-frames", with_chunk(b"acTL", struct.pack(">II", 0x7FFFFFFF, 0), packed=False)
    yield "jpeg-large", lambda folder, size: _put(folder / "bomb.jpg", jpeg(65535, 65535))
    yield "jpeg-scans", lambda folder, size: _put(folder / "bomb.jpg", jpeg(5000, 5000, 20_000))
    yield "webp-large", lambda folder, size: _put(folder / "bomb.webp", webp(16_384))
    yield "gif-large", gif
    yield "gif-frames", many_frames
    yield "bmp-runs", bmp
