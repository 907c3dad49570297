"""Polygons, COCO, LabelMe, OME-TIFF and tables: read back with what users read them with."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from segprior.errors import ConfigError, OutputError
from segprior.io.export import choose_format, result_formats, save_segmentation
from segprior.io.files.durable import content
from segprior.io.label_maps import read_labels
from tests.helpers.label_maps import MAPS, made


class TestChoice:
    @pytest.mark.parametrize(
        ("name", "wanted", "chosen"),
        [
            ("a.PNG", None, "png"),
            ("a.tif", None, "tiff"),
            ("a.tiff", None, "tiff"),
            ("a.ome.tif", None, "ome-tiff"),
            ("a.ome.tif", "tiff", "tiff"),
            ("a.b.npy", None, "npy"),
            ("a.geojson", None, "geojson"),
            ("a.json", "coco", "coco"),
        ],
    )
    def test_by_suffix(self, name: str, wanted: str | None, chosen: str) -> None:
        assert choose_format(name, wanted) == chosen

    def test_refused(self, tmp_path: Path) -> None:
        found = made(MAPS["hole"], "mask")
        with pytest.raises(OutputError, match=r"a\.json may become COCO, GeoJSON or LabelMe"):
            found.save(tmp_path / "a.json")
        with pytest.raises(OutputError, match=r"coco as '\.png'; use \.json"):
            found.save(tmp_path / "a.png", format="coco")
        with pytest.raises(OutputError, match=r"cannot save labels as '\.jpg'"):
            found.save(tmp_path / "a.jpg")
        with pytest.raises(ConfigError, match="format='yolo'; choose coco, geojson"):
            found.save(tmp_path / "a.json", format="yolo")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", result_formats())
    def test_every_format_is_written_and_replaces(self, name: str, tmp_path: Path) -> None:
        for suffix in result_formats()[name].endings:
            path = tmp_path / f"a{suffix}"
            path.write_bytes(b"old")
            assert made(MAPS["hole"]).save(path, format=name) == path
            if name == "zarr":  # a folder
                np.testing.assert_array_equal(read_labels(path), MAPS["hole"])
            else:
                assert len(path.read_bytes()) > 20


@pytest.mark.parametrize("name", sorted(result_formats()))
def test_a_result_has_the_same_bytes_each_time(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    format = result_formats()[name]
    if format.needs is not None:
        pytest.importorskip(format.needs[0], reason=f"needs {format.needs[0]}")
    labels = np.tile(np.arange(2), (32, 20))
    found = []
    for folder in ("a", "b"):
        path = tmp_path / folder / f"result{format.endings[0]}"
        path.parent.mkdir()
        save_segmentation(path, labels, mask=True, wanted=name, image=tmp_path / folder / "x.png")
        found.append(content(path))
        monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    assert found[0] == found[1]
