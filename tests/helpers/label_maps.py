"""Label maps, from odd ones drawn by hand to random ones, and polygons made labels again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape as as_geometry

from segprior.result import Segmentation


def made(labels: NDArray[Any], kind: Any = "labels") -> Segmentation:
    confidence = np.ones(labels.shape, np.float32)
    return Segmentation(
        labels=labels, confidence=confidence, score=1, config=None, seed=0, seconds=0, kind=kind
    )


def drawn(*rows: str) -> NDArray[np.int64]:
    return np.array([[int(pixel) for pixel in row] for row in rows])


MAPS = {
    "pixel": drawn("000", "020", "000"),
    "all": drawn("33", "33"),
    "diagonal": drawn("100", "010", "001"),
    "other diagonal": drawn("0001", "0010", "1100"),
    "hole": drawn("111", "101", "111"),
    "two holes that touch": drawn("1111", "1011", "1101", "1111"),
    "hole that touches the outside": drawn("1110", "1101", "1111"),
    "closed by a corner": drawn("111", "101", "110"),
    "hole in a hole": drawn("1111111", "1000001", "1022201", "1020201", "1022201", "1111111"),
    "label in a hole": drawn("1111", "1231", "1321", "1111"),
    "one row": drawn("1101221"),
    "one column": drawn("1", "1", "0", "2"),
}
rng = np.random.default_rng(0)
MAPS |= {
    f"random {number}": rng.integers(0, 1 + rng.integers(1, 5), rng.integers(1, 14, 2))
    for number in range(60)
}
MAPS["smooth"] = np.kron(rng.integers(0, 4, (6, 8)), np.ones((5, 7), np.int64))
MAPS["far labels"] = np.where(MAPS["smooth"] > 0, MAPS["smooth"] * 70000, 0)


every_map = pytest.mark.parametrize("labels", MAPS.values(), ids=MAPS)


def filled(rings: Iterable[Any], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Fill by the even-odd rule, with pixels that count if their centre is inside."""
    inside = np.zeros(shape, bool)
    centres = np.arange(shape[1]) + 0.5
    for ring in rings:
        points = np.asarray(ring, float)
        for first, second in zip(points, np.roll(points, -1, axis=0), strict=True):
            # Sorted, so that a line there and back is the same line twice.
            (x0, y0), (x1, y1) = sorted((tuple(first), tuple(second)), key=lambda at: at[::-1])
            for row in range(int(y0), int(y1)):
                x = x0 + (x1 - x0) * (row + 0.5 - y0) / (y1 - y0)
                inside[row] ^= centres > x
    return inside


def from_geojson(content: dict[str, Any]) -> NDArray[np.int64]:
    about = content["segmentation"]
    labels = np.zeros((about["rows"], about["columns"]), np.int64)
    row, column = np.indices(labels.shape) + 0.5
    for feature in content["features"]:
        geometry = as_geometry(feature["geometry"])
        inside = shapely.contains_xy(geometry, column.ravel(), row.ravel())
        labels[inside.reshape(labels.shape)] = feature["properties"]["label"]
    return labels


def random_map(seed: int, shape: tuple[int, int] = (9, 11), n: int = 5) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, n, shape)
