"""Compressions of chunks, undone no further than a chunk is large."""

from __future__ import annotations

import lzma
import tracemalloc
from typing import Any

import numpy as np
import pytest

from segprior.io.shared.zarr_codecs import COMPRESSORS, refuse_codec, register, undo_chunk
from tests.helpers.tiff_bytes import zstd

numcodecs = pytest.importorskip("numcodecs")
DATA = np.random.default_rng(0).integers(0, 9, 30000, np.uint8).tobytes()


@pytest.mark.parametrize("kind", list(COMPRESSORS))
def test_a_chunk_and_no_more(kind: str) -> None:
    codec = numcodecs.get_codec({"id": kind})
    config: dict[str, Any] = codec.get_config()
    packed = bytes(codec.encode(DATA))
    assert bytes(undo_chunk(kind, packed, len(DATA), config)) == DATA
    with pytest.raises(ValueError, match="unfolds to more than the 29999 bytes"):
        undo_chunk(kind, packed, len(DATA) - 1, config)


@pytest.mark.parametrize("kind", list(COMPRESSORS))
def test_a_bomb_is_refused_before_it_unfolds(kind: str) -> None:
    codec = numcodecs.get_codec({"id": kind})
    packed = bytes(codec.encode(bytes(40_000_000)))
    tracemalloc.start()
    with pytest.raises(ValueError, match="more than the 1000 bytes"):
        undo_chunk(kind, packed, 1000, codec.get_config())
    assert tracemalloc.get_traced_memory()[1] < 12_000_000
    tracemalloc.stop()


def test_zstandard_without_a_size_and_with_several_frames() -> None:
    import struct

    blocks = b"".join(
        struct.pack("<I", 1000 << 3 | (i == 29))[:3] + DATA[i * 1000 : i * 1000 + 1000]
        for i in range(30)
    )
    bare = b"\x28\xb5\x2f\xfd\x00\x58" + blocks
    assert bytes(undo_chunk("zstd", bare, 30000, {})) == DATA
    assert bytes(undo_chunk("zstd", bare, 500, {})) == DATA[:500]
    with pytest.raises((RuntimeError, ValueError)):
        undo_chunk("zstd", zstd(DATA) * 2, 40000, {})
    with pytest.raises(ValueError, match="no Zstandard"):
        undo_chunk("zstd", b"something else", 9, {})


def test_raw_lzma_with_its_filters() -> None:
    filters = [{"id": lzma.FILTER_DELTA, "dist": 1}, {"id": lzma.FILTER_LZMA2, "preset": 0}]
    packed = lzma.compress(DATA, lzma.FORMAT_RAW, filters=filters)
    config = {"format": lzma.FORMAT_RAW, "filters": filters}
    assert bytes(undo_chunk("lzma", packed, 30000, config)) == DATA


def test_what_is_refused_is_named() -> None:
    assert "never used" in str(refuse_codec("pickle", "a.zarr"))
    assert "imagecodecs, are not read" in str(refuse_codec("imagecodecs_jpegxl", "a.zarr"))
    assert "numcodecs[zfpy]" in str(refuse_codec("numcodecs.zfpy", "a.zarr"))
    assert "'other' are not read; save it with blosc" in str(refuse_codec("other", "a.zarr"))


def test_the_codec_of_ours_only_reads() -> None:
    pytest.importorskip("zarr")
    register()
    codec = numcodecs.get_codec({"id": "segprior_bounded", "inner": {"id": "zlib"}, "limit": 9})
    with pytest.raises(NotImplementedError):
        codec.encode(b"")
    assert codec.get_config()["limit"] == 9
