from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.features.contrast_axis import contrast_level


def scene(ground: tuple[float, ...], thing: tuple[float, ...]) -> NDArray[np.float32]:
    image = np.empty((20, 30, len(ground)), np.float32)
    image[:] = ground
    image[5:12, 8:20] = thing
    return image


def test_without_colours_it_is_the_root_of_grey() -> None:
    image = np.random.default_rng(0).random((9, 12, 1), np.float32)
    grey = np.repeat(image, 3, axis=2)
    np.testing.assert_allclose(contrast_level(image), np.sqrt(image[..., 0]), rtol=1e-6)
    np.testing.assert_allclose(contrast_level(grey), contrast_level(image), rtol=1e-6)


@pytest.mark.parametrize(
    ("ground", "thing"),
    [
        ((0.9, 0.7, 0.9), (0.4, 0.2, 0.7)),  # stained
        ((0.6, 0.75, 0.6), (0.75, 0.6, 0.75)),  # as bright, of another colour
        ((0.02, 0.02, 0.05), (0.02, 0.05, 0.6)),  # glowing in one channel
        ((0.1,) * 6 + (0.3,) * 3, (0.1,) * 6 + (0.8,) * 3),  # in three of nine bands
    ],
)
def test_things_stand_out_however_their_colours_differ(
    ground: tuple[float, ...], thing: tuple[float, ...]
) -> None:
    level = contrast_level(scene(ground, thing))
    assert level.min() >= 0
    assert abs(level[8, 10] - level[0, 0]) > 0.2


def test_more_stain_is_a_higher_level() -> None:
    level = contrast_level(scene((0.9, 0.7, 0.9), (0.4, 0.2, 0.7)))
    assert level[8, 10] > level[0, 0]
