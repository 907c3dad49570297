from __future__ import annotations

import numpy as np
import pytest

from segprior.regions.places import border_lengths, central, means, middles

REGIONS = np.array([[0, 0, 1, 1], [0, 2, 2, 1], [3, 3, 3, 1]])
AREAS = np.bincount(REGIONS.ravel()).astype(float)


def test_length_along_the_border_counts_corners_twice() -> None:
    assert border_lengths(REGIONS, 5).tolist() == [4, 6, 0, 4, 0]


def test_the_centre_is_one_and_falls_with_the_sides() -> None:
    found = central((5, 9), 0.3)
    assert found.shape == (5, 9)
    assert found[2, 4] == 1
    np.testing.assert_allclose(found, found[::-1, ::-1])
    assert found[2, 0] == pytest.approx(np.exp(-((4 / 9) ** 2) / (2 * 0.09)))


def test_means_and_middles_of_regions() -> None:
    values = np.arange(12.0).reshape(3, 4)
    assert means(REGIONS, values, AREAS) == pytest.approx([5 / 3, 23 / 4, 5.5, 9])
    down, right = middles(REGIONS, AREAS)
    assert down[3] == pytest.approx(1 / 3)
    assert right[2] == pytest.approx(0)
    assert right[0] == pytest.approx(-0.375 + 0.25 / 3)
