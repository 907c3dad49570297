from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from segprior.io.image import as_image
from segprior.io.shared.tiff_windows import RasterioReader
from tests.helpers.windows import RGB, TIFFS, compare, geotiff


@pytest.mark.parametrize("cache", [1 << 20, 100])
@pytest.mark.parametrize("kind", TIFFS)
def test_windows_of_a_tiff_are_those_of_the_whole(tmp_path: Path, kind: str, cache: int) -> None:
    array, options = TIFFS[kind]
    path = tmp_path / ("image.ome.tif" if "metadata" in options else "image.tif")
    tifffile.imwrite(path, array, **options)
    compare(path, as_image(path), cache=cache)


def test_rasterio_reads_what_tifffile_lacks_the_codec_for(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "image.tif", compress="lzw", tiled=True, blockxsize=32, blockysize=16)
    reader = RasterioReader(path, page=0)
    assert reader.shape == (70, 90, 3)
    np.testing.assert_array_equal(reader.read(slice(5, 40), slice(8, 50)), RGB[5:40, 8:50])
    reader.close()
    compare(path, as_image(RGB))
