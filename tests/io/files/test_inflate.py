"""Compressions undone up to what is wanted."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest

from segprior.io.files.inflate import inflate, inflating

PACK: dict[str, Any] = {
    "bz2": lambda data: bz2.compress(data, 1),
    "gzip": gzip.compress,
    "lzma": lambda data: lzma.compress(data, preset=0),
    "zlib": zlib.compress,
}
NOISE = np.random.default_rng(0).integers(0, 9, 1_200_000, np.uint8).tobytes()


@pytest.mark.parametrize("kind", list(PACK))
def test_all_of_it_and_no_more(kind: str) -> None:
    for data in (b"", b"abc", NOISE):
        packed = PACK[kind](data)
        assert inflate(kind, packed, len(data)) == data
        assert inflate(kind, packed, len(data) + 99) == data
        assert inflate(kind, packed, 2) == data[:2]


@pytest.mark.parametrize("kind", list(PACK))
def test_a_bomb_stays_small(kind: str) -> None:
    packed = PACK[kind](bytes(60_000_000))
    tracemalloc.start()
    assert inflate(kind, packed, 1000) == bytes(1000)
    assert tracemalloc.get_traced_memory()[1] < 12_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("kind", ["bz2", "gzip", "lzma"])
def test_streams_one_after_the_other(kind: str) -> None:
    assert inflate(kind, PACK[kind](b"abc") + PACK[kind](b"def"), 99) == b"abcdef"


@pytest.mark.parametrize("kind", list(PACK))
def test_damage(kind: str) -> None:
    with pytest.raises((zlib.error, lzma.LZMAError, OSError)):
        inflate(kind, b"nothing of the kind", 9)
    assert len(inflate(kind, PACK[kind](NOISE)[:-999], len(NOISE))) < len(NOISE)


def test_part_by_part() -> None:
    packed = zlib.compress(NOISE)
    parts = list(inflating(io.BytesIO(packed + b"more"), len(packed)))
    assert b"".join(parts) == NOISE
    assert max(map(len, parts)) <= 1 << 20
