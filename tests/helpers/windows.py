"""Images of every kind of file that is read in windows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.io.window_reader import has_windows, open_windows

rng = np.random.default_rng(0)
RGB = rng.integers(0, 256, (70, 90, 3), np.uint8)
PLANES = np.moveaxis(RGB, 2, 0)
COLOURS = rng.integers(0, 2**16, (3, 256), np.uint16)


TIFFS: dict[str, tuple[NDArray[Any], dict[str, Any]]] = {
    "one strip": (RGB, {}),
    "strips": (RGB, {"rowsperstrip": 7, "compression": "zlib"}),
    "tiles": (RGB, {"tile": (32, 16), "compression": "zlib", "predictor": True}),
    "planes": (PLANES, {"planarconfig": "separate", "photometric": "rgb"}),
    "tiled planes": (
        PLANES,
        {"planarconfig": "separate", "photometric": "rgb", "tile": (16, 32)},
    ),
    "BigTIFF, swapped": (RGB.astype(np.uint16) * 200, {"bigtiff": True, "byteorder": ">"}),
    "floats": (rng.normal(size=(50, 40)).astype(np.float32), {"tile": (16, 16)}),
    "unit floats": (rng.random((50, 40, 3)).astype(np.float32), {"photometric": "rgb"}),
    "alpha": (
        rng.integers(0, 256, (40, 50, 4), np.uint8),
        {"photometric": "rgb", "extrasamples": ["unassalpha"]},
    ),
    "bands on pages": (
        rng.integers(0, 999, (5, 40, 50), np.uint16),
        {"metadata": {"axes": "CYX"}, "tile": (16, 16)},
    ),
    "palette": (RGB[..., 0], {"photometric": "palette", "colormap": COLOURS}),
    "white is zero": (RGB[..., 0], {"photometric": "miniswhite", "rowsperstrip": 9}),
}


def compare(path: Path, whole: NDArray[np.float32], **options: Any) -> None:
    rows, columns = whole.shape[:2]
    assert has_windows(path)
    with open_windows(path, **options) as image:
        assert image.shape == whole.shape
        for window in (
            (slice(13, 37), slice(9, 38)),
            (slice(39, 40), slice(31, 33)),
            (slice(0, rows), slice(0, columns)),
        ):
            np.testing.assert_array_equal(image.read(*window), whole[window])


def geotiff(path: Path, **options: Any) -> Path:
    rasterio = pytest.importorskip("rasterio")
    place = {"crs": "EPSG:32633", "transform": rasterio.Affine(10, 0, 5e5, 0, -10, 46e5)}
    with rasterio.open(
        path, "w", driver="GTiff", height=70, width=90, count=3, dtype="uint8", **place, **options
    ) as file:
        file.write(PLANES)
    return path


def placed(path: Path) -> tuple[object, object]:
    rasterio = pytest.importorskip("rasterio")
    with rasterio.open(path) as file:
        return file.crs, file.transform


LABELS = rng.integers(1, 4, (70, 90)).astype(np.int32)
