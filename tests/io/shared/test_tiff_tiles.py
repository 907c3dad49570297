from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from segprior.io.window_writer import save_bands


def test_many_labels_and_many_tiles_come_back(tmp_path: Path) -> None:
    labels = np.arange(600 * 1100).reshape(600, 1100)
    path = tmp_path / "labels.tif"
    save_bands(path, np.array_split(labels, 7), labels.shape, mask=False, largest=labels.max())
    np.testing.assert_array_equal(tifffile.imread(path), labels)
    with tifffile.TiffFile(path) as tiff:
        page: Any = tiff.pages[0]
        assert page.is_tiled
        assert page.dtype == np.uint32
