from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.regions.threshold_tree.measures import MEASURES, Level, measure
from segprior.regions.threshold_tree.parts import part


def of(mask: NDArray[np.bool_], height: NDArray[np.float32]) -> list[dict[str, float]]:
    values: NDArray[np.float64] = 0.8 * mask.astype(np.float64)
    level = Level(values=values, slope=np.ones(mask.shape), low=0.0, span=0.8)
    found = measure(level, 0.4, part(height, mask, 0.01))
    return [dict(zip(MEASURES, row, strict=True)) for row in found.tolist()]


def flat(mask: NDArray[np.bool_]) -> list[dict[str, float]]:
    return of(mask, np.zeros(mask.shape, np.float32))


def test_a_disc_is_round_and_an_ellipse_is_one() -> None:
    rows, columns = np.ogrid[:60, :80]
    (disc,) = flat(np.hypot(rows - 30, columns - 40) < 15)
    assert disc["area"] == pytest.approx(np.pi * 15**2, rel=0.02)
    assert disc["ellipse"] == pytest.approx(1, abs=0.01)
    assert disc["roundness"] == pytest.approx(1, abs=0.1)
    (ellipse,) = flat(np.hypot((rows - 30) / 8, (columns - 40) / 30) < 1)
    assert ellipse["ellipse"] == pytest.approx(1, abs=0.01)
    assert ellipse["roundness"] < 0.8


def test_two_discs_that_touch_are_less_of_an_ellipse_than_each() -> None:
    rows, columns = np.ogrid[:60, :80]
    distance = np.minimum(np.hypot(rows - 30, columns - 25), np.hypot(rows - 30, columns - 53))
    left, right, both = of(distance < 15, -distance.astype(np.float32))
    assert both["ellipse"] < 0.93 < left["ellipse"]
    assert both["area"] == left["area"] + right["area"]
    assert both["cut"] == 0 < left["cut"] < 0.3
    assert left["outer"] == both["inner"] > 0


def test_levels_are_relative_to_the_image() -> None:
    mask = np.zeros((20, 20), bool)
    mask[5:15, 5:15] = True
    (square,) = flat(mask)
    found = square["mean"], square["threshold"], square["spread"]
    assert found == pytest.approx((1, 0.5, 0), abs=1e-6)
    assert square["edge"] == pytest.approx(1 / 0.8)
    assert square["step"] == pytest.approx(1)
    assert square["frame"] == 0


def test_the_border_of_the_image_is_told_from_a_contour() -> None:
    mask = np.zeros((20, 20), bool)
    mask[:, :10] = True
    (half,) = flat(mask)
    # 20 sides to the left, 10 above and below, of 60 in all.
    assert half["frame"] == pytest.approx(40 / 60)


def test_sums_of_merged_parts_are_those_of_the_whole() -> None:
    draw = np.random.default_rng(3)
    mask = draw.random((25, 30)) > 0.35
    height = draw.random((25, 30)).astype(np.float32)
    pieces = [row for row in of(mask, height) if np.isinf(row["outer"])]
    whole = flat(mask)
    for name in ("area", "ellipse", "roundness", "step", "cut"):
        got, want = (sorted(round(row[name], 9) for row in rows) for rows in (pieces, whole))
        assert got == want
