from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray

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


def test_threads_do_not_show(picture: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "BLOCK_NUMBERS", 2**12)
    found = []
    for threads in (1, 3):
        monkeypatch.setattr("segprior.runtime.devices.thread_count", lambda n=threads: n)
        found.append(Overview(picture, 0.8).small(40))
    np.testing.assert_array_equal(found[0], found[1])


def test_the_first_error_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(InMemory):
        reads = 0

        def read(self, rows: slice, columns: slice) -> NDArray[np.float32]:
            self.reads += 1
            if self.reads == 1:
                raise KeyboardInterrupt
            time.sleep(0.01)
            return super().read(rows, columns)

    monkeypatch.setattr(overview, "BLOCK_NUMBERS", 2**12)
    monkeypatch.setattr("segprior.runtime.devices.thread_count", lambda: 1)
    picture = Broken(np.zeros((900, 900, 1), np.float32))
    with pytest.raises(KeyboardInterrupt):
        Overview(picture, 0.8).small(400)
    assert picture.reads < 100
