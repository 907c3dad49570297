from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.measure import regionprops_table

from segprior.errors import ImageError, OutputError
from segprior.io.shared.region_table import region_table, thing_table
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


class TestThings:
    def test_columns_have_the_names_of_scikit_image(self) -> None:
        labels = np.zeros((12, 14), int)
        labels[1:6, 2:9], labels[8:11, 3:6] = 1, 4
        image = np.zeros((12, 14, 2), np.float32)
        image[..., 1] = labels / 8
        table = thing_table(labels, image)
        assert list(table) == [
            "label", "area", "bbox-0", "bbox-1", "bbox-2", "bbox-3", "centroid-0", "centroid-1",
            "axis_major_length", "axis_minor_length", "eccentricity", "solidity", "perimeter",
            "intensity_mean-0", "intensity_mean-1",
        ]  # fmt: skip
        assert table["label"].tolist() == [1, 4]
        assert table["area"].tolist() == [35, 9]
        assert [table[f"bbox-{side}"][1] for side in range(4)] == [8, 3, 11, 6]
        np.testing.assert_allclose(table["intensity_mean-1"], [1 / 8, 1 / 2])
        assert table["eccentricity"][1] == pytest.approx(0)
        assert table["solidity"].tolist() == [1, 1]
        assert "intensity_mean-0" not in thing_table(labels)

    def test_a_thing_of_one_pixel_and_none(self) -> None:
        labels = np.zeros((5, 5), int)
        assert {len(column) for column in thing_table(labels).values()} == {0}
        labels[2, 2] = 3
        assert thing_table(labels)["area"].tolist() == [1]

    def test_of_things_one_by_one(self, tmp_path: Path) -> None:
        labels = np.kron(np.eye(3, dtype=int) * [1, 2, 3], np.ones((4, 4), int))
        path = made(labels, "instances").save_table(tmp_path / "t.csv")
        with path.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        assert [row["area"] for row in rows] == ["16"] * 3
        assert rows[1]["bbox-0"] == "4"
