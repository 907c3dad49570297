"""What only GDAL undoes: its numbers, and the meaning that the tags give them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.image import as_image
from segprior.io.shared.rasterio_windows import RasterioReader
from segprior.io.window_reader import WindowedImage
from tests.helpers.tiff_bytes import write_tiff
from tests.helpers.windows import RGB, compare, geotiff


def test_its_values_are_those_of_the_file(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "image.tif", compress="lzw", tiled=True, blockxsize=32, blockysize=16)
    reader = RasterioReader(path, page=0)
    assert reader.shape == (70, 90, 3)
    np.testing.assert_array_equal(reader.read(slice(5, 40), slice(8, 50)), RGB[5:40, 8:50])
    reader.close()
    with pytest.raises(ImageError, match="only page 0 is read in windows"):
        RasterioReader(path, page=1)


@pytest.mark.parametrize(
    ("values", "photometric"),
    [
        (RGB[..., 0].astype(np.uint32) * 16_000_000, 0),
        (RGB[..., 0], 0),
        (RGB[..., 0].astype(np.int16) - 99, 0),
        (np.dstack([RGB, RGB[..., 0]]).astype(np.uint16) * 256, 5),
    ],
)
def test_tags_mean_the_same_as_without_it(
    tmp_path: Path, values: NDArray[Any], photometric: int
) -> None:
    pytest.importorskip("rasterio")
    path = write_tiff(tmp_path / "a.tif", values, photometric=photometric)
    reader = RasterioReader(path, page=0)
    rows, columns = values.shape[:2]
    image = WindowedImage(reader)
    np.testing.assert_array_equal(image.read(slice(0, rows), slice(0, columns)), as_image(path))
    reader.close()


def test_lerc_is_read_whole_and_in_windows(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    try:
        geotiff(path, compress="lerc", max_z_error=0)
    except Exception as error:
        pytest.skip(f"this GDAL does not write LERC: {error}")
    np.testing.assert_array_equal(as_image(path), as_image(RGB))
    compare(path, as_image(RGB))


def test_inks_become_colours_as_without_it(tmp_path: Path) -> None:
    """GDAL turns inks of 8 bits into RGBA itself, rounded to 8 bits."""
    pytest.importorskip("rasterio")
    inks = np.dstack([RGB, RGB[::-1, :, 0] // 2])
    path = write_tiff(tmp_path / "a.tif", inks, photometric=5)
    reader = RasterioReader(path, page=0)
    assert (reader.shape, reader.alpha) == ((70, 90, 3), "none")
    found = WindowedImage(reader).read(slice(3, 70), slice(0, 90))
    np.testing.assert_allclose(found, as_image(path)[3:], atol=1.01 / 255)
    reader.close()
    five = np.dstack([inks, RGB[..., 1]])
    for values, extras in ((five, [0]), (inks.astype(np.int8), [])):
        other = write_tiff(tmp_path / "b.tif", values, photometric=5, extras=extras)
        with pytest.raises(ImageError, match="other than four of 8 bits with this compression"):
            RasterioReader(other, page=0)
