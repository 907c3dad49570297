from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from segprior.runtime.malloc import c_library, steady_heap

MEGABYTE = 1 << 20

glibc = pytest.mark.skipif(c_library() is None, reason="needs glibc")


def resident() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def before() -> int:
    """Bytes in memory with nothing kept that earlier tests have freed."""
    with steady_heap():
        pass
    return resident()


def fill_and_free() -> None:
    blocks = [np.ones(48 * MEGABYTE, np.uint8) for _ in range(3)]
    del blocks


@glibc
def test_the_outermost_gives_the_memory_back(before: int) -> None:
    with steady_heap():
        with steady_heap():
            fill_and_free()
        assert resident() - before > 96 * MEGABYTE
    assert resident() - before < 32 * MEGABYTE


@glibc
def test_an_error_gives_the_memory_back_too(before: int) -> None:
    kept = 0
    with pytest.raises(RuntimeError), steady_heap():  # noqa: PT012
        fill_and_free()
        kept = resident() - before
        raise RuntimeError
    assert kept > 96 * MEGABYTE
    assert resident() - before < 32 * MEGABYTE


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Without what was found of the C library before, and after."""
    c_library.cache_clear()
    yield
    c_library.cache_clear()


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize(("platform", "wanted"), [("linux", ["libc.so.6"]), ("darwin", [])])
def test_it_does_nothing_without_glibc(
    platform: str, wanted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def missing(name: str) -> None:
        asked.append(name)
        raise OSError("no such library")

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", missing)
    with steady_heap():
        assert c_library() is None
    assert asked == wanted
