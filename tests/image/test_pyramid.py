from __future__ import annotations

import numpy as np

from segprior.image.pyramid import Pyramid
from segprior.image.resize import resize


def test_each_size_is_made_once_and_is_that_of_resize() -> None:
    full = np.random.default_rng(0).random((30, 40, 2)).astype(np.float32)
    image = Pyramid(full)
    assert image.shape == (30, 40)
    small = image.at(20)
    np.testing.assert_array_equal(small, resize(full, (15, 20)))
    assert image.at(20) is small
    assert image.at(None) is image.at(40) is image.at(100) is full


def test_one_colour_is_flat() -> None:
    assert Pyramid(np.full((8, 9, 3), 0.25, np.float32)).flat
    assert not Pyramid(np.linspace(0, 1, 8 * 9 * 3, dtype=np.float32).reshape(8, 9, 3)).flat
