from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segprior.errors import ImageError
from segprior.image.spread import Spread


def found(
    values: Any, wanted: Any = "auto", *, depth: int | None = None, valid: Any = None
) -> tuple[float, float] | None:
    array = np.asarray(values)
    spread = Spread(array.shape)
    spread.add(array, "it", valid)
    return spread.range(array.dtype, depth, wanted)


def picture(dtype: Any, low: float, high: float) -> np.ndarray[Any, Any]:
    """Each value between the two about as often."""
    return np.linspace(low, high, 64 * 64).reshape(64, 64, 1).astype(dtype)


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [(np.uint8, 3, 90), (np.uint16, 0, 20000), (np.float32, 0.1, 0.5), (np.int16, 0, 1)],
)
def test_what_uses_enough_of_its_range_is_left_alone(dtype: Any, low: float, high: float) -> None:
    assert found(picture(dtype, low, high)) is None


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [(np.uint8, 3, 60), (np.uint16, 300, 3400), (np.float32, 0.125, 0.25), (np.float64, -9, 3e8)],
)
def test_what_uses_little_goes_from_end_to_end(dtype: Any, low: float, high: float) -> None:
    assert found(picture(dtype, low, high)) == (low, high)


def test_the_depth_that_a_file_declares_counts() -> None:
    assert found(picture(np.uint16, 0, 4000), depth=12) is None
    assert found(picture(np.uint16, 0, 4000)) == (0, 4000)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_hot_pixels_do_not_count(dtype: Any) -> None:
    values = picture(dtype, 100, 200)
    values[5, 7] = 60000
    values[9, 9] = 0
    low, high = found(values) or (0, 0)
    assert 100 <= low < 101
    assert 199 < high <= 200


def test_full_is_the_range_of_the_type_or_from_end_to_end() -> None:
    assert found(picture(np.uint8, 3, 9), "full") is None
    assert found(picture(np.float32, 0.125, 0.25), "full") is None
    hot = picture(np.float32, 100, 200)
    hot[3, 3] = 60000
    assert found(hot, "full") == (100, 60000)


def test_gain_and_offset_move_the_range_along() -> None:
    random = np.random.default_rng(1)
    values = random.normal(0.5, 0.1, (64, 64, 3))
    values[3, 3] = 40
    low, high = found(values) or (0, 0)
    moved = found(values * 0.05 + 1000) or (0, 0)
    np.testing.assert_allclose(moved, (low * 0.05 + 1000, high * 0.05 + 1000), rtol=1e-9)


def test_booleans_one_colour_and_pixels_without_data() -> None:
    assert found(np.eye(8, dtype=bool)[..., None]) is None
    assert found(np.full((8, 8, 1), 7, np.uint16)) is None
    values = picture(np.float32, 1, 2)
    values[:10] = -9999
    valid = np.ones((64, 64), bool)
    valid[:10] = False
    low, high = found(values, valid=valid) or (0, 0)
    assert 1 < low < high == 2


def test_parts_give_the_range_of_the_whole() -> None:
    values = np.random.default_rng(2).normal(900, 50, (1700, 1300, 1))
    values[600:603, 900:1500] = 2000
    spread = Spread(values.shape)
    for top in range(0, 1700, 333):
        for left in range(0, 1300, 411):
            part = values[top : top + 333, left : left + 411]
            spread.add(part, "it", place=(top, left))
    assert spread.range(values.dtype, None, "auto") == found(values)


def test_what_is_not_finite_is_refused_by_name() -> None:
    with pytest.raises(ImageError, match="it: 1 NaN and 0 infinite"):
        found(np.array([[[1.0], [np.nan]]]))
