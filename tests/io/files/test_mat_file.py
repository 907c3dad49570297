"""MATLAB files looked through before anything is made of them."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest

from segprior.errors import ImageError
from segprior.io.files.mat_file import CELL, NUMBERS, alone


def written(content: dict[str, Any], **options: Any) -> bytes:
    from scipy.io import savemat

    stream = io.BytesIO()
    savemat(stream, content, **options)
    return stream.getvalue()


def truth(count: int = 2) -> Any:
    cells = np.empty((1, count), object)
    for i in range(count):
        cells[0, i] = {
            "Segmentation": np.arange(12, dtype=np.uint16).reshape(3, 4) + i,
            "Boundaries": np.eye(3, 4, dtype=bool),
        }
    return cells


OTHERS = {"before": np.zeros((40, 50)), "groundTruth": truth(), "after": "text"}


@pytest.mark.parametrize("compressed", [False, True])
def test_one_variable_of_several(compressed: bool) -> None:
    from scipy.io import loadmat

    data = written(OTHERS, do_compression=compressed)
    file = alone(io.BytesIO(data), "groundTruth", (CELL,), 100, "a.mat")
    assert file is not None
    found = loadmat(file)
    assert {"groundTruth"} == {key for key in found if not key.startswith("__")}
    want = loadmat(io.BytesIO(data))["groundTruth"]
    for got, cell in zip(found["groundTruth"].flat, want.flat, strict=True):
        for key in ("Segmentation", "Boundaries"):
            np.testing.assert_array_equal(got[key][0, 0], cell[key][0, 0])
    assert alone(io.BytesIO(data), "segs", (CELL,), 100, "a.mat") is None
    old = io.BytesIO(written({"segs": np.eye(3)}, format="4"))
    assert alone(old, "segs", NUMBERS, 100, "a.mat") is old


def element(kind: int, data: bytes) -> bytes:
    return struct.pack("<2I", kind, len(data)) + data + bytes(-len(data) % 8)


def array(of_class: int, dims: tuple[int, ...], inside: bytes, key: bytes = b"") -> bytes:
    head = element(6, struct.pack("<2I", of_class, 0)) + element(
        5, struct.pack(f"<{len(dims)}i", *dims)
    )
    body = head + element(1, key) + inside
    return struct.pack("<2I", 14, len(body)) + body


def packed(variable: bytes) -> bytes:
    body = zlib.compress(variable, 9)
    start = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\x01IM"
    return start + struct.pack("<2I", 15, len(body)) + body


ZEROS = bytes(20_000_000)
BOMBS = {
    "promises a large map": (
        array(1, (1, 1), array(6, (13000, 13000), struct.pack("<2I", 2, 169_000_000) + ZEROS),
              b"groundTruth"), "13000 x 13000 values"),
    "is no cell": (array(6, (9, 9), element(2, ZEROS), b"groundTruth"), "class 6"),
    "many cells": (array(1, (20000, 20000), b"", b"groundTruth"), "more than 10000 cells"),
    "many fields": (
        array(1, (1, 1), array(2, (9000, 1), element(5, b"\x01\0\0\0") + element(1, b"ab")),
              b"groundTruth"), "more than 10000 cells"),
    "a long name": (array(1, (1, 1), b"", b"groundTruth" + ZEROS), "20000011 bytes"),
    "more than it has": (
        array(1, (1, 1), array(9, (3, 3), element(2, ZEROS)), b"groundTruth"),
        "20000000 bytes for 9 values"),
    "deep": (
        array(1, (1, 1), array(1, (1, 1), array(1, (1, 1), array(1, (1, 1), array(1, (1, 1),
        array(1, (1, 1), array(1, (1, 1), array(1, (1, 1), array(1, (1, 1), array(1, (1, 1), b"",
        ))))))))), b"groundTruth"), "deep"),
    "an object": (array(1, (1, 1), array(17, (1, 1), b""), b"groundTruth"), "class 17; save"),
    "text": (
        array(1, (1, 1), array(4, (9000, 9000), element(16, ZEROS)), b"groundTruth"),
        "9000 x 9000 values"),
    "negative": (array(1, (-1, 1), b"", b"groundTruth"), "shape"),
    "cut": (array(1, (2, 1), array(9, (1, 8), element(2, bytes(8))), b"groundTruth"), "truncated"),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(BOMBS))
def test_bombs(kind: str) -> None:
    variable, told = BOMBS[kind]
    file = io.BytesIO(packed(variable))
    tracemalloc.start()
    with pytest.raises((ImageError, ValueError), match=told):
        alone(file, "groundTruth", (CELL,), 64_000_000, "a.mat")
    # What follows, of 20 MB, is not decoded.
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()


def test_all_together_have_a_budget() -> None:
    data = written({"segs": np.zeros((100, 100))}, do_compression=True)
    assert alone(io.BytesIO(data), "segs", NUMBERS, 10**4, "a.mat", 200_000)
    with pytest.raises(ImageError, match=r"a\.mat: would take 78.1KB in memory"):
        alone(io.BytesIO(data), "segs", NUMBERS, 10**4, "a.mat", 50_000)
    with pytest.raises(ImageError, match="100 x 100 values, above the limit of 9999"):
        alone(io.BytesIO(data), "segs", NUMBERS, 9999, "a.mat")


def test_other_variables_are_passed_over_unread() -> None:
    bomb = array(6, (9, 9), element(2, ZEROS), b"other")
    good = array(9, (2, 2), element(2, b"abcd"), b"segs")
    data = packed(bomb) + packed(good)[128:]
    tracemalloc.start()
    assert alone(io.BytesIO(data), "segs", NUMBERS, 100, "a.mat") is not None
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()
