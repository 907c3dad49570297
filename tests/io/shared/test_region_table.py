from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.measure import regionprops_table

from segprior.errors import ImageError, OutputError
from segprior.io.shared.region_table import region_table
from tests.helpers.label_maps import MAPS, every_map, made


class TestTable:
    @every_map
    def test_as_scikit_image_measures(self, labels: NDArray[Any]) -> None:
        image = np.random.default_rng(1).random((*labels.shape, 3), np.float32)
        got = region_table(labels, image)
        names = ("label", "area", "bbox", "centroid", "mean_intensity")
        want = regionprops_table(labels, image, properties=names)
        assert list(got) == [
            "label", "area", "row_start", "column_start", "row_stop", "column_stop",
            "centroid_row", "centroid_column", "mean_0", "mean_1", "mean_2",
        ]  # fmt: skip
        assert len(want) == len(got)
        for ours, theirs in zip(got.values(), want.values(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5)

    def test_of_a_segmentation(self, tmp_path: Path) -> None:
        labels = np.kron(MAPS["hole in a hole"], np.ones((2, 2), int))
        found = made(labels)
        image = np.where(labels == 1, 51, 255).astype(np.uint8)
        table = found.table(image, channel_axis=None)
        np.testing.assert_allclose(table["mean_0"], (0.2, 1), rtol=1e-6)
        assert "mean_0" not in found.table()
        path = found.save_table(tmp_path / "t.csv", image, channel_axis=None)
        with path.open(newline="", encoding="utf-8") as stream:
            first, second = csv.DictReader(stream)
        assert first["label"] == "1"
        assert first["area"] == str(np.count_nonzero(labels == 1))
        assert [second[name] for name in ("row_start", "column_stop")] == ["4", "10"]
        assert second["mean_0"] == "1"
        with pytest.raises(ImageError, match="pass the image that was segmented"):
            found.table(np.zeros((9, 9)))
        with pytest.raises(OutputError, match=r"'\.txt'; use \.csv"):
            found.save_table(tmp_path / "t.txt")

    def test_nothing_but_background(self, tmp_path: Path) -> None:
        found = made(np.zeros((8, 9), int), "mask")
        path = found.save_table(tmp_path / "t.csv", np.zeros((8, 9, 1)))
        (line,) = path.read_text("utf-8").splitlines()
        assert line.endswith(",centroid_row,centroid_column,mean_0")
