"""Small files that promise or unfold to much: arrays, archives and text.

As in :mod:`tests.helpers.bombs`; names begin with what reads them.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.helpers.bombs import Maker, png, zeros

_STEP = 1 << 20
_MAGIC = b"\x93NUMPY\x01\0"


def npy_head(shape: tuple[int, ...], dtype: str = "|u1") -> bytes:
    about = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    about = about.ljust(117) + b"\n"
    return _MAGIC + struct.pack("<H", len(about)) + about


def npy(data: bytes, length: int = 0) -> Maker:
    """An ``.npy`` file; of a length that takes no room on the disk."""

    def make(folder: Path, size: int) -> Path:
        path = folder / "bomb.npy"
        with path.open("wb") as file:
            file.write(data)
            file.truncate(max(length, len(data)))
        return path

    return make


def npz(folder: Path, meta: dict[str, Any] | int, members: dict[str, tuple[bytes, int]]) -> Path:
    """An ``.npz`` file of arrays that are a head and so many zeros; or with a long description."""
    path = folder / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        with archive.open("meta.json", "w") as file:
            if isinstance(meta, int):
                file.write(b'{"format": "')
                for _ in range(meta >> 20):
                    file.write(b" " * (1 << 20))
            else:
                file.write(json.dumps(meta).encode())
        for name, (head, size) in members.items():
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(head)
                for _ in range(size >> 20):
                    file.write(bytes(1 << 20))
    return path


_PRIOR = {
    "format": "segprior prior 1", "version": "0", "shape": [32, 32, 3], "seed": 0, "config": {},
}  # fmt: skip


def mat(folder: Path, body: bytes, size: int) -> Path:
    """A MATLAB file whose one variable begins so and goes on with zeros."""
    coder = zlib.compressobj(9)
    parts = [coder.compress(body), *(coder.compress(bytes(1 << 20)) for _ in range(size >> 20))]
    packed = b"".join([*parts, coder.flush()])
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\x01IM"
    path = folder / "bomb.mat"
    path.write_bytes(head + struct.pack("<II", 15, len(packed)) + packed)
    return path


def mat_top(kind: int, rows: int, columns: int) -> bytes:
    top = struct.pack("<10I", 14, 0xFFFFFFF0, 6, 8, kind, 0, 5, 8, rows, columns)
    return top + struct.pack("<II", 1, 11) + b"groundTruth".ljust(16, b"\0")


def zarr_2(folder: Path, chunk: bytes | None = None, **fields: Any) -> Path:
    path = folder / "bomb.zarr"
    path.mkdir()
    plain = {
        "zarr_format": 2, "shape": [32, 32], "chunks": [32, 32], "dtype": "|u1", "order": "C",
        "fill_value": 0, "compressor": None, "filters": None,
    }  # fmt: skip
    (path / ".zarray").write_text(json.dumps(plain | fields), encoding="utf-8")
    if chunk is not None:
        (path / "0.0").write_bytes(chunk)
    return path


def zarr_3(folder: Path, chunk: bytes, codecs: list[Any]) -> Path:
    path = folder / "bomb.zarr"
    (path / "c" / "0").mkdir(parents=True)
    about = {
        "zarr_format": 3, "node_type": "array", "shape": [32, 32], "data_type": "uint8",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [32, 32]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0, "attributes": {}, "codecs": codecs,
    }  # fmt: skip
    (path / "zarr.json").write_text(json.dumps(about), encoding="utf-8")
    (path / "c" / "0" / "0").write_bytes(chunk)
    return path


def packed(kind: str) -> Maker:
    """A chunk of format 2 that unfolds to much."""
    config = {"id": kind} | ({"format": 1, "preset": 0} if kind == "lzma" else {})
    return lambda folder, size: zarr_2(folder, zeros(kind, size), compressor=config)


def blosc(folder: Path, size: int) -> Path:
    """A chunk that says in its head that it has two gigabytes."""
    head = struct.pack("<BBBBIII", 2, 1, 0x21, 1, 0x7FFFFF00, 1 << 20, 64)
    return zarr_2(folder, head + bytes(48), compressor={"id": "blosc", "cname": "lz4"})


def shard(folder: Path, size: int) -> Path:
    data = zeros("gzip", size)
    index = struct.pack("<QQ", 0, len(data))
    codecs = [{"name": "sharding_indexed", "configuration": {
        "chunk_shape": [32, 32], "index_location": "end", "index_codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}}],
        "codecs": [{"name": "bytes"}, {"name": "gzip", "configuration": {"level": 5}}],
    }}]  # fmt: skip
    return zarr_3(folder, data + index, codecs)


def group(attributes: str) -> Maker:
    """A group of Zarr with attributes that are not as they should be."""

    def make(folder: Path, size: int) -> Path:
        path = folder / "bomb.zarr"
        path.mkdir()
        (path / ".zgroup").write_text('{"zarr_format": 2}', encoding="utf-8")
        text = attributes if attributes else "[" * (size // 10)
        (path / ".zattrs").write_text(text, encoding="utf-8")
        return path

    return make


def text(name: str, piece: bytes, share: int = 1) -> Maker:
    """A text file of one piece over and over."""

    def make(folder: Path, size: int) -> Path:
        path, many = folder / name, piece * (_STEP // len(piece))
        with path.open("wb") as file:
            for _ in range(size // share // len(many)):
                file.write(many)
        return path

    return make


def lists(folder: Path, size: int) -> Path:
    """A file of LabelMe with as many empty lists as may be read."""
    path = folder / "bomb.json"
    path.write_bytes(b'{"shapes":[' + b"[]," * min(size // 3, 2_500_000) + b"[]]}")
    return path


def arrays() -> Iterator[tuple[str, Maker]]:
    """Yield names and makers."""
    yield "npy-shape", npy(npy_head((1 << 40, 1 << 40)))
    yield "npy-long", npy(npy_head((7900, 8000, 100)), 128 + 7900 * 8000 * 100)
    yield "npy-header", npy(b"\x93NUMPY\x02\0" + struct.pack("<I", 0xFFFFFFF0), 1 << 32)
    yield "npy-brackets", npy(_MAGIC + struct.pack("<H", 9000) + b"(" * 8999 + b"\n")
    yield (
        "prior-array",
        lambda folder, size: npz(folder, _PRIOR, {"members.npy": (npy_head((size,)), size)}),
    )
    yield (
        "prior-other",
        lambda folder, size: npz(folder, {}, {"image.npy": (npy_head((size,)), size)}),
    )
    yield "prior-description", lambda folder, size: npz(folder, size, {})
    yield (
        "prior-members",
        lambda folder, size: npz(
            folder,
            _PRIOR,
            {f"snapshot/{at}.npy": (npy_head((1,)), 0) for at in range(size // 50_000)},
        ),
    )
    yield "prior-promise", lambda folder, size: npz(
        folder, _PRIOR | {"shape": [1 << 40, 1 << 40, 3]},
        {"members.npy": (npy_head((1, 1 << 40, 1 << 40, 3), "<f4"), 0)},
    )  # fmt: skip
    levels = {"format": "segprior hierarchy 1", "levels": [1, 2, 3], "edges": "image", "seed": 0}
    yield (
        "hierarchy-array",
        lambda folder, size: npz(
            folder, levels, {"regions.npy": (npy_head((size, 1), "|u1"), size)}
        ),
    )
    number = struct.pack("<II", 2, 169_000_000)
    yield "truth-array", lambda folder, size: mat(folder, mat_top(9, 13000, 13000) + number, size)
    yield "truth-cells", lambda folder, size: mat(folder, mat_top(1, 1, 100_000_000), size)
    cell = struct.pack("<8I", 14, 0xFFFFFFF0, 6, 8, 1, 0, 5, 8) + struct.pack("<4I", 1, 1, 1, 0)
    yield (
        "truth-nested",
        lambda folder, size: mat(folder, mat_top(1, 1, 1) + cell * (size // 4000), 0),
    )
    yield "mask-bits", lambda folder, size: png(folder / "bomb.png", 30_000, 30_000, bits=1)
    yield "truth-bits", lambda folder, size: png(folder / "bomb.png", 30_000, 30_000, bits=1)
    yield "hint-bits", lambda folder, size: png(folder / "bomb.png", 30_000, 30_000, bits=1)
    yield "scribbles-bits", lambda folder, size: png(folder / "bomb.png", 30_000, 30_000, bits=1)
    yield "scribbles-points", text("bomb.csv", b"1,1,1\n")
    yield "scribbles-shapes", text("bomb.json", b"[[],", 20)
    yield "scribbles-lists", lists
    yield "list-lines", text("bomb.txt", b"\n")
    yield "manifest-brackets", text("manifest.jsonl", b"[", 20)
    for kind in ("zlib", "gzip", "bz2", "lzma", "zstd"):
        yield f"zarr-{kind}", packed(kind)
    yield "zarr-blosc", blosc
    yield (
        "zarr-lz4",
        lambda folder, size: zarr_2(
            folder, struct.pack("<I", 0x7FFFFFF0) + bytes(64), compressor={"id": "lz4"}
        ),
    )
    yield "zarr-3", lambda folder, size: zarr_3(
        folder, zeros("gzip", size),
        [{"name": "bytes"}, {"name": "gzip", "configuration": {"level": 5}}],
    )  # fmt: skip
    yield "zarr-shard", shard
    yield "zarr-tiny", lambda folder, size: zarr_2(folder, shape=[7000, 7000], chunks=[1, 1])
    yield (
        "zarr-one",
        lambda folder, size: zarr_2(folder, shape=[200_000, 200_000], chunks=[200_000, 200_000]),
    )
    yield (
        "zarr-side",
        lambda folder, size: zarr_2(folder, shape=[1 << 60, 1 << 60], chunks=[1 << 10, 1 << 10]),
    )
    yield "zarr-brackets", group("")
    yield (
        "zarr-itself",
        group('{"multiscales": [{"axes": ["y", "x"], "datasets": [{"path": ""}]}]}'),
    )
