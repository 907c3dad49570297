from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from segprior.io.files.reader import Reader
from segprior.io.formats.zarr_arrays import ZarrReader
from segprior.io.shared.rasterio_windows import RasterioReader
from segprior.io.shared.tiff_windows import open_tiff
from tests.helpers.windows import RGB


@pytest.mark.parametrize("kind", ["tifffile", "rasterio", "zarr"])
def test_every_reader_offers_the_same(kind: str, tmp_path: Path) -> None:
    path = tmp_path / ("image.zarr" if kind == "zarr" else "image.tif")
    reader: Reader
    if kind == "zarr":
        zarr = pytest.importorskip("zarr")
        zarr.create_array(str(path), shape=RGB.shape, dtype=RGB.dtype)[:] = RGB
        reader = ZarrReader(path)
    else:
        tifffile.imwrite(path, RGB, photometric="rgb")
        if kind == "rasterio":
            pytest.importorskip("rasterio")
            reader = RasterioReader(path, page=0)
        else:
            reader = open_tiff(path, page=0, cache=1 << 20)
    assert str(path) in reader.name
    assert (reader.shape, reader.dtype) == (RGB.shape, RGB.dtype)
    assert reader.alpha == "none"
    assert reader.depth in (None, 8)
    window = slice(5, 40), slice(8, 50)
    np.testing.assert_array_equal(reader.read(*window), RGB[window])
    reader.close()
