from __future__ import annotations

import struct

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.io.image import as_image
from segprior.io.pictures import encode_picture

ROWS, COLUMNS = 9, 10


def bmp(stored: NDArray[np.uint8], rows: int) -> bytes:
    """A BMP of 24 bits, written by hand; ``rows`` below 0 if the first one is the uppermost."""
    lines = b"".join(line.tobytes() + b"\0" * (-line.size % 4) for line in stored)
    header = struct.pack(
        "<IiiHHIIiiII", 40, stored.shape[1], rows, 1, 24, 0, len(lines), 0, 0, 0, 0
    )  # fmt: skip
    return b"BM" + struct.pack("<IHHI", 54 + len(lines), 0, 0, 54) + header + lines


@pytest.mark.parametrize("upwards", [True, False])
def test_rows_either_way_with_padding_and_blue_first(upwards: bool) -> None:
    want = np.random.default_rng(1).integers(0, 256, (ROWS, COLUMNS, 3), np.uint8)
    stored = want[..., ::-1]
    data = bmp(stored[::-1], ROWS) if upwards else bmp(stored, -ROWS)
    np.testing.assert_array_equal(as_image(data), want / np.float32(255))


def test_what_is_written_has_a_plain_header_and_three_bytes_a_pixel() -> None:
    picture = np.random.default_rng(2).integers(0, 256, (ROWS, COLUMNS, 3), np.uint8)
    data = encode_picture(picture, ".bmp")
    size, _, _, start = struct.unpack("<IHHI", data[2:14])
    assert (data[:2], size, start) == (b"BM", len(data), 54)
    assert data[start:] == bmp(picture[::-1, :, ::-1], ROWS)[54:]
