from __future__ import annotations

import numpy as np
import pytest
import torch

from segprior.features.superpixels import find_superpixels, majority
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


def test_majority_is_that_of_a_loop() -> None:
    source = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 6, (20, 30), generator=source)
    superpixels = torch.randint(0, 25, (20, 30), generator=source)
    expected = labels.clone()
    for number in range(25):
        inside = superpixels == number
        values, counts = np.unique(labels[inside].numpy(), return_counts=True)
        expected[inside] = int(values[counts.argmax()])
    assert torch.equal(majority(labels, superpixels, 25, 6), expected)
