from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from segprior.errors import ImageError
from segprior.io.image import as_image
from segprior.io.window_reader import open_windows
from tests.helpers.tiff_bytes import write_tiff
from tests.helpers.windows import RGB, TIFFS, compare

# Small numbers, and transparency, are read here as they are; what is told is tested elsewhere.
pytestmark = pytest.mark.filterwarnings("ignore::segprior.errors.InputWarning")


@pytest.mark.parametrize("cache", [1 << 20, 100])
@pytest.mark.parametrize("kind", TIFFS)
def test_windows_of_a_tiff_are_those_of_the_whole(tmp_path: Path, kind: str, cache: int) -> None:
    array, options = TIFFS[kind]
    path = tmp_path / ("image.ome.tif" if "metadata" in options else "image.tif")
    tifffile.imwrite(path, array, **options)
    # What is transparent is filled from what else is in the window.
    reading: dict[str, Any] = {"alpha": "drop"} if kind == "alpha" else {}
    compare(path, as_image(path, **reading), cache=cache, **reading)


def test_a_damaged_part_is_told_when_it_is_read(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", RGB[..., 0], compression=8, rows_per_strip=10)
    data = bytearray(path.read_bytes())
    data[-40:] = b"\xff" * 40
    path.write_bytes(data)
    with open_windows(path, value_range="full") as image:
        image.read(slice(0, 10), slice(0, 10))
        with pytest.raises(ImageError, match=r"broken TIFF \(damaged, .*save or copy it again"):
            image.read(slice(60, 70), slice(0, 10))


def test_no_more_is_decoded_than_a_part_may_have(tmp_path: Path) -> None:
    import tracemalloc

    path = write_tiff(tmp_path / "a.tif", RGB[..., 0], compression=8, after=bytes(50_000_000))
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    whole = as_image(path)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    np.testing.assert_array_equal(whole[..., 0], RGB[..., 0] / np.float32(255))
    compare(path, whole)


def test_a_tile_much_larger_than_its_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, RGB[..., 0], tile=(16, 16), compression="zlib")
    with tifffile.TiffFile(path, mode="r+") as file:
        for side in ("TileWidth", "TileLength"):
            file.pages[0].tags[side].overwrite(16384)  # type: ignore[union-attr]
    with pytest.raises(ImageError, match="tiles of 16384 x 16384 pixels for a picture of 70 x 90"):
        as_image(path)


def test_a_picture_beyond_the_budget_is_refused(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "a.tif", RGB, compression=8)
    with pytest.raises(ImageError, match=r"a.tif: would take 92.3KB in memory, above the limit"):
        as_image(path, max_bytes=50_000)
    assert as_image(path, max_bytes=100_000).shape == RGB.shape
