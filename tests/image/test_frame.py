from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.image.frame import inside_frame


def photograph(rows: int = 60, columns: int = 80) -> NDArray[np.float32]:
    return np.random.default_rng(0).random((rows, columns, 3), np.float32) * np.float32(0.7)


@pytest.mark.parametrize("colour", [0.0, 1.0])
def test_a_frame_is_left_out_with_its_fading_lines(colour: float) -> None:
    image = np.full((60, 80, 3), colour, np.float32)
    image[4:57, 3:76] = 0.5 + photograph()[4:57, 3:76] / 2 * (0.5 - colour)
    rows, columns = inside_frame(image)
    assert (rows.start, rows.stop) == (6, 55)
    assert (columns.start, columns.stop) == (5, 74)


def test_a_photograph_has_none_and_a_band_on_one_side_is_none() -> None:
    image = photograph()
    assert inside_frame(image) == (slice(None), slice(None))
    image[:4] = 1
    assert inside_frame(image) == (slice(None), slice(None))
    image[-3:] = 1
    rows, columns = inside_frame(image)
    assert (rows.start, rows.stop) == (6, 55)
    assert (columns.start, columns.stop) == (0, 80)


@pytest.mark.parametrize("margin", [3, 12])
def test_the_plain_ground_of_a_thing_is_none(margin: int) -> None:
    image = np.ones((60, 80, 3), np.float32)
    rows, columns = np.indices(image.shape[:2])
    inside = ((rows - 29.5) / (30 - margin)) ** 2 + ((columns - 39.5) / (40 - margin)) ** 2 < 1
    image[inside] = photograph()[inside]
    assert inside_frame(image) == (slice(None), slice(None))


def test_plain_images_and_tiny_ones_have_none() -> None:
    assert inside_frame(np.ones((40, 40, 1), np.float32)) == (slice(None), slice(None))
    assert inside_frame(np.zeros((1, 3, 1), np.float32)) == (slice(None), slice(None))
