from __future__ import annotations

import numpy as np
import pytest

from segprior.image.resize import resize, working_shape
from segprior.tiling import overview
from segprior.tiling.overview import Overview
from tests.helpers.written import InMemory


@pytest.fixture
def picture() -> InMemory:
    return InMemory(np.random.default_rng(0).random((211, 307, 3), np.float32))


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.25, 0.37, 0.9])
def test_a_window_is_that_of_the_whole_image_reduced(picture: InMemory, scale: float) -> None:
    image = Overview(picture, scale)
    rows, columns, _ = image.shape
    whole = resize(picture.values, (rows, columns))
    for window in (
        (slice(0, rows), slice(0, columns)),
        (slice(rows // 3, rows // 2 + 2), slice(columns // 5, columns - 3)),
        (slice(rows - 3, rows), slice(0, 2)),
    ):
        np.testing.assert_allclose(image.read(*window), whole[window], atol=1e-5)


def test_the_small_picture_is_made_of_parts(
    picture: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "BLOCK_NUMBERS", 2**14)
    image = Overview(picture, 0.8)
    small = image.small(40)
    assert small.shape == (*working_shape(image.shape, 40), 3)
    np.testing.assert_allclose(small, resize(picture.values, small.shape[:2]), atol=1e-5)
    assert picture.most < picture.values.size / 4


def test_no_side_is_reduced_below_the_least() -> None:
    image = Overview(InMemory(np.zeros((20, 400, 1), np.float32)), 0.1)
    assert image.shape == (8, 40, 1)
