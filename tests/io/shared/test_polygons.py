from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from segprior.io.shared.polygons import trace_polygons
from tests.helpers.label_maps import MAPS, every_map, filled


class TestPolygons:
    @every_map
    def test_filled_they_are_the_labels(self, labels: NDArray[Any]) -> None:
        back = np.zeros(labels.shape, np.int64)
        for label, polygons in trace_polygons(labels).items():
            rings = [ring for outer, holes in polygons for ring in (outer, *holes)]
            inside = filled(rings, labels.shape)
            assert not back[inside].any()
            back[inside] = label
        np.testing.assert_array_equal(back, labels)

    @every_map
    def test_valid_and_oriented(self, labels: NDArray[Any]) -> None:
        for label, polygons in trace_polygons(labels).items():
            whole = shapely.MultiPolygon([shapely.Polygon(*polygon) for polygon in polygons])
            assert whole.is_valid, shapely.is_valid_reason(whole)
            assert whole.area == np.count_nonzero(labels == label)
            for outer, holes in polygons:
                assert shapely.LinearRing(outer).is_ccw
                assert not any(shapely.LinearRing(hole).is_ccw for hole in holes)

    def test_only_corners_are_kept(self) -> None:
        (square,) = trace_polygons(np.pad(np.ones((5, 9), int), 2))[1]
        assert square.holes == []
        assert square.outer.tolist() == [[2, 2], [11, 2], [11, 7], [2, 7]]

    def test_pieces_and_holes(self) -> None:
        counts = {
            name: [(len(polygon.outer), len(polygon.holes)) for polygon in found[1]]
            for name in ("diagonal", "hole", "two holes that touch", "closed by a corner")
            if (found := trace_polygons(MAPS[name]))
        }
        assert counts == {
            "diagonal": [(4, 0)] * 3,
            "hole": [(4, 1)],
            "two holes that touch": [(4, 2)],
            "closed by a corner": [(6, 1)],
        }

    def test_nothing_but_background(self) -> None:
        assert trace_polygons(np.zeros((4, 5), np.uint8)) == {}

    @pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.uint32, np.int64])
    def test_types(self, dtype: type) -> None:
        (polygons,) = trace_polygons(MAPS["hole"].astype(dtype)).values()
        assert len(polygons[0].holes) == 1
