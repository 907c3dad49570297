"""Which compressions of Zarr chunks are undone, and how: never beyond the size of a chunk."""

from __future__ import annotations

import lzma
import struct
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from segprior.errors import ImageError
from segprior.io.files.inflate import inflate
from segprior.io.files.unpacking import by_libtiff
from segprior.runtime.extras import need

__all__ = ["BOUNDED", "COMPRESSORS", "FILTERS", "refuse_codec", "register", "undo_chunk"]

BOUNDED = "segprior_bounded"
"""The name of the codec that stands for those of a chunk while it is read."""

FILTERS = frozenset({
    "adler32", "astype", "bitround", "bytes", "crc32", "crc32c", "delta", "endian",
    "fixedscaleoffset", "fletcher32", "jenkins_lookup3", "packbits", "quantize", "shuffle",
    "transpose",
})  # fmt: skip
"""Codecs that turn numbers into others or check them, and do not unfold."""

# What makes Python objects of bytes.
_OBJECTS = ("json2", "msgpack2", "categorize", "vlen-array", "vlen-bytes", "vlen-utf8")
# Who has other ones, by the first word of their names.
_PACKAGES = {
    "imagecodecs": "imagecodecs", "pcodec": "numcodecs[pcodec]", "zfpy": "numcodecs[zfpy]",
    "lerc": "imagecodecs", "jpegxl": "imagecodecs", "jpeg2k": "imagecodecs",
    "jpeg": "imagecodecs", "webp": "imagecodecs",
}  # fmt: skip


def refuse_codec(codec: str, name: str) -> ImageError:
    """Say what is wrong with a codec that is not undone, for the user.

    Parameters
    ----------
    codec : str
        As the file has it.
    name : str
        Of the file.
    """
    plain = codec.removeprefix("numcodecs.")
    if plain == "pickle":
        return ImageError(
            f"{name}: chunks of codec {codec!r}, which runs whatever it is told to and is never "
            "used; save numbers instead"
        )
    if plain in _OBJECTS:
        return ImageError(
            f"{name}: chunks of codec {codec!r}, which makes Python objects; save numbers instead"
        )
    package = _PACKAGES.get(plain, _PACKAGES.get(plain.partition("_")[0], ""))
    owner = f", which is in {package}," if package else ""
    return ImageError(
        f"{name}: chunks of codec {codec!r}{owner} are not read; "
        f"save it with {', '.join(sorted(COMPRESSORS))} or none"
    )


def _lzma(data: bytes, limit: int, config: Mapping[str, Any]) -> bytes:
    if config.get("format", lzma.FORMAT_XZ) != lzma.FORMAT_RAW:
        return inflate("lzma", data, limit)
    decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=config.get("filters"))
    return decoder.decompress(data, limit)


def _declared(kind: str, place: int) -> Callable[..., Any]:
    """Undo it with numcodecs, if the size that it declares, at a place of its head, is allowed."""

    def undo(data: bytes, limit: int, config: Mapping[str, Any]) -> Any:
        (size,) = struct.unpack_from("<I", data, place)
        _check(size, limit)
        return need("numcodecs", "zarr").get_codec({"id": kind}).decode(data)

    return undo


def _zstd(data: bytes, limit: int, config: Mapping[str, Any]) -> Any:
    size = _zstd_size(data)
    if size is None:  # not declared: only a whole chunk can be known to be whole
        return by_libtiff(data, limit, 50000)
    _check(size, limit)
    room = np.empty(size, np.uint8)
    need("numcodecs", "zarr").get_codec({"id": "zstd"}).decode(data, out=room)
    return room


def _zstd_size(data: bytes) -> int | None:
    """The size that the head of a Zstandard frame declares (RFC 8878, section 3.1.1.1)."""
    if data[:4] != b"\x28\xb5\x2f\xfd":
        raise ValueError("no Zstandard")
    flags = data[4]
    single = flags >> 5 & 1
    length = (single, 2, 4, 8)[flags >> 6]
    if not length:
        return None
    start = 5 + (0 if single else 1) + (0, 1, 2, 4)[flags & 3]
    size = int.from_bytes(data[start : start + length], "little")
    return size + 256 if length == 2 else size


COMPRESSORS: dict[str, Callable[[bytes, int, Mapping[str, Any]], Any]] = {
    "blosc": _declared("blosc", 4),
    "bz2": lambda data, limit, config: inflate("bz2", data, limit + 1),
    "gzip": lambda data, limit, config: inflate("gzip", data, limit + 1),
    "lz4": _declared("lz4", 0),
    "lzma": lambda data, limit, config: _lzma(data, limit + 1, config),
    "zlib": lambda data, limit, config: inflate("zlib", data, limit + 1),
    "zstd": _zstd,
}
"""Compressions that are undone: ``(data, limit, configuration) -> bytes``."""


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise ValueError(f"a chunk unfolds to more than the {limit} bytes that it may have")


def undo_chunk(kind: str, data: bytes, limit: int, config: Mapping[str, Any]) -> Any:
    """Undo one compression of a chunk.

    Parameters
    ----------
    kind : str
        One of `COMPRESSORS`.
    data : bytes
    limit : int
        The bytes of a chunk.
    config : mapping
        The codec's configuration.

    Raises
    ------
    ValueError
        If there are more bytes than that, before they are all decoded.
    """
    found = COMPRESSORS[kind](data, limit, config)
    _check(len(memoryview(found).cast("B")), limit)
    return found


@cache
def register() -> None:
    """Make the codec of ours known to zarr and numcodecs, under its own name."""
    from dataclasses import dataclass

    numcodecs = need("numcodecs", "zarr")
    abc = need("numcodecs.abc", "zarr")

    class OfFormat2(abc.Codec):  # type: ignore[misc, name-defined]
        codec_id = BOUNDED

        def __init__(self, inner: dict[str, Any], limit: int) -> None:
            self.inner, self.limit = inner, limit

        def decode(self, buf: Any, out: Any = None) -> Any:
            return undo_chunk(self.inner["id"], bytes(buf), self.limit, self.inner)

        def encode(self, buf: Any) -> Any:
            raise NotImplementedError("arrays are opened to be read")

        def get_config(self) -> dict[str, Any]:
            return {"id": BOUNDED, "inner": self.inner, "limit": self.limit}

    numcodecs.register_codec(OfFormat2)

    @dataclass(frozen=True)
    class OfFormat3(need("zarr.abc.codec", "zarr").BytesBytesCodec):  # type: ignore[misc]
        is_fixed_size = False
        inner: dict[str, Any]
        limit: int

        @classmethod
        def from_dict(cls, data: dict[str, Any]) -> Any:
            return cls(**data["configuration"])

        def to_dict(self) -> dict[str, Any]:
            return {
                "name": BOUNDED, "configuration": {"inner": self.inner, "limit": self.limit},
            }  # fmt: skip

        async def _decode_single(self, chunk_bytes: Any, chunk_spec: Any) -> Any:
            import asyncio

            return await asyncio.to_thread(self._decode_sync, chunk_bytes, chunk_spec)

        def _decode_sync(self, chunk_bytes: Any, chunk_spec: Any) -> Any:
            data = undo_chunk(
                self.inner["id"], chunk_bytes.to_bytes(), self.limit, self.inner
            )  # fmt: skip
            return chunk_spec.prototype.buffer.from_bytes(bytes(data))

        def compute_encoded_size(self, input_byte_length: int, chunk_spec: Any) -> int:
            raise NotImplementedError

    need("zarr.registry", "zarr").register_codec(BOUNDED, OfFormat3)
