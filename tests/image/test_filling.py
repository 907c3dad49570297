from __future__ import annotations

import numpy as np
import pytest

from segprior.image.filling import filled


def test_what_is_valid_stays_and_the_rest_is_like_what_lies_beside_it() -> None:
    image = np.zeros((40, 60, 2), np.float32)
    image[:, 30:] = (0.25, 0.75)
    valid = np.ones((40, 60), bool)
    valid[10:20, 3:13] = valid[10:20, 45:55] = False
    holed = np.where(valid[..., None], image, np.float32(np.nan))
    found = filled(holed, valid)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[valid], image[valid])
    np.testing.assert_allclose(found[~valid], image[~valid], atol=1e-6)


@pytest.mark.parametrize("shape", [(8, 8), (9, 33), (64, 17)])
def test_values_stay_within_those_that_are_valid(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    image = random.random((*shape, 3)).astype(np.float32)
    valid = random.random(shape) < 0.05
    valid[0, 0] = True
    found = filled(image, valid)
    assert found.min() >= image[valid].min() - 1e-6
    assert found.max() <= image[valid].max() + 1e-6


def test_nothing_to_fill_and_nothing_to_fill_with() -> None:
    image = np.zeros((8, 9, 1), np.float32)
    assert filled(image, np.ones((8, 9), bool)) is image
    assert np.all(filled(image, np.zeros((8, 9), bool), otherwise=0.25) == 0.25)
