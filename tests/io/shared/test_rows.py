from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.io.shared.rows import regrouped


@pytest.mark.parametrize("heights", [[50], [1] * 50, [16, 16, 18], [0, 33, 17], [7, 43]])
@pytest.mark.parametrize("height", [1, 16, 25, 80])
def test_bands_become_bands_of_one_height(heights: list[int], height: int) -> None:
    labels = np.random.default_rng(0).integers(0, 9, (50, 3))
    bands = np.split(labels, np.cumsum(heights)[:-1])
    found = [band.copy() for band in regrouped(bands, height, labels.shape, np.uint8)]
    np.testing.assert_array_equal(np.concatenate(found), labels)
    assert found[0].dtype == np.uint8
    assert {len(band) for band in found[:-1]} <= {height}
    assert len(found) == -(-50 // height)


def test_a_band_is_given_as_soon_as_it_is_full() -> None:
    taken = []

    def bands() -> Iterator[NDArray[np.int_]]:
        for number in range(4):
            taken.append(number)
            yield np.full((2, 3), number)

    next(regrouped(bands(), 4, (8, 3), np.uint8))
    assert taken == [0, 1]
