from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import shape as as_geometry

from tests.helpers.label_maps import every_map, from_geojson, made
from tests.helpers.things import discs


class TestGeoJSON:
    @every_map
    def test_round_trip(self, labels: NDArray[Any], tmp_path: Path) -> None:
        path = made(labels).save(tmp_path / "parts.geojson")
        content = json.loads(path.read_text("utf-8"))
        np.testing.assert_array_equal(from_geojson(content), labels)
        names = [feature["id"] for feature in content["features"]]
        assert names == sorted(set(np.unique(labels).tolist()) - {0})
        for feature in content["features"]:
            assert feature["geometry"]["type"] == "MultiPolygon"
            assert feature["properties"]["area"] == np.count_nonzero(labels == feature["id"])
            for polygon in feature["geometry"]["coordinates"]:
                for ring in polygon:
                    assert ring[0] == ring[-1]
                    assert len(ring) >= 5

    def test_things_are_features_of_one_name(self, tmp_path: Path) -> None:
        truth = discs()[1]
        path = made(truth, "instances").save(tmp_path / "a.geojson")
        content = json.loads(path.read_text("utf-8"))
        assert content["segmentation"]["kind"] == "instances"
        assert [one["id"] for one in content["features"]] == list(range(1, 8))
        assert {one["properties"]["name"] for one in content["features"]} == {"thing"}
        np.testing.assert_array_equal(from_geojson(content), truth)

    def test_column_comes_first(self, tmp_path: Path) -> None:
        labels = np.zeros((4, 9), np.uint8)
        labels[1, 7] = 1
        path = made(labels, "mask").save(tmp_path / "a.json", format="geojson")
        content = json.loads(path.read_text("utf-8"))
        assert content["segmentation"] == {"kind": "mask", "rows": 4, "columns": 9}
        (feature,) = content["features"]
        assert feature["properties"] == {"label": 1, "name": "foreground", "area": 1}
        assert as_geometry(feature["geometry"]).bounds == (7, 1, 8, 2)

    def test_nothing_but_background(self, tmp_path: Path) -> None:
        path = made(np.zeros((4, 9), int), "mask").save(tmp_path / "a.geojson")
        assert json.loads(path.read_text("utf-8"))["features"] == []
