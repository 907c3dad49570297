from __future__ import annotations

import numpy as np
import pytest

from segprior.features.superpixels import find_superpixels
from segprior.regions.label_map import pieces


@pytest.mark.parametrize("channels", [1, 2, 3, 9])
def test_superpixels_are_connected_and_keep_to_edges(channels: int) -> None:
    image = np.zeros((48, 60, channels), np.float32)
    image[:, 27:] = 0.8
    found = find_superpixels(image, n_superpixels=40, compactness=10)
    count = int(found.max()) + 1
    assert 20 <= count <= 60
    assert set(np.unique(found)) == set(range(count))
    assert pieces(found).max() + 1 == count
    assert set(np.unique(found[:, :26])).isdisjoint(np.unique(found[:, 28:]))


def test_more_superpixels_than_pixels() -> None:
    found = find_superpixels(np.zeros((8, 8, 3), np.float32), n_superpixels=10_000, compactness=100)
    assert found.max() < 64
