from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from segprior.io.label_maps import read_labels
from tests.helpers.label_maps import MAPS, made


class TestOME:
    @pytest.mark.parametrize("name", ["a.ome.tif", "A.OME.TIFF"])
    @pytest.mark.parametrize("top", [1, 300, 70000])
    def test_round_trip(self, name: str, top: int, tmp_path: Path) -> None:
        labels = MAPS["hole"] * top
        path = made(labels).save(tmp_path / name)
        with tifffile.TiffFile(path) as tiff:
            assert tiff.is_ome
            assert tiff.series[0].axes == "YX"
            np.testing.assert_array_equal(tiff.asarray(), labels)
        np.testing.assert_array_equal(read_labels(path), labels)
        with Image.open(path) as picture:
            np.testing.assert_array_equal(np.asarray(picture), labels)

    def test_mask_and_the_same_bytes_again(self, tmp_path: Path) -> None:
        found = made(MAPS["hole"], "mask")
        path = found.save(tmp_path / "a.tif", format="ome-tiff")
        assert set(np.unique(tifffile.imread(path))) == {0, 255}
        np.testing.assert_array_equal(read_labels(path), found.labels)
        assert path.read_bytes() == found.save(tmp_path / "b.ome.tif").read_bytes()
        with tifffile.TiffFile(found.save(tmp_path / "c.tif")) as plain:
            assert not plain.is_ome
