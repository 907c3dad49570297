from __future__ import annotations

import numpy as np
import pytest

from segprior.steering.scene import colours_of, look_at
from tests.helpers.clicks import discs, scene, truth


def test_what_is_found_once() -> None:
    found = scene()
    assert found.shape == found.regions.shape == found.textons.shape == (52, 64)
    assert np.array_equal(np.unique(found.regions), np.arange(found.count))
    assert found.areas.sum() == 52 * 64
    assert found.border.sum() == 2 * (52 + 64)
    assert (found.first < found.second).all()
    assert np.isfinite(found.costs).all()
    assert found.contrasts.mean() == pytest.approx(1, rel=0.1)


def test_regions_keep_to_the_discs() -> None:
    found = scene()
    inside = found.mean(truth() > 0)
    assert (np.minimum(inside, 1 - inside) * found.areas).sum() / (52 * 64) < 0.02


def test_ways_over_boundaries_are_long() -> None:
    found = scene()
    ways = found.way_from(np.array([found.regions[20, 18]]))
    labels = found.mean(truth() == 1)
    assert ways[found.regions[20, 18]] == 0
    assert ways[labels > 0.9].max() < ways[labels < 0.1].min()


def test_the_laplacian_has_no_sum() -> None:
    laplacian = scene().laplacian(3.0)
    np.testing.assert_allclose(laplacian.sum(axis=1), 0, atol=1e-9)
    assert abs(laplacian - laplacian.T).max() == 0


def test_a_large_image_is_reduced_and_a_noisy_one_blurred() -> None:
    assert look_at(discs((104, 128)), 64, 0).regions.shape == (52, 64)
    noisy = discs(noise=0.2)
    assert colours_of(noisy, None).std() < colours_of(discs(noise=0.2), 512).std() + 1e-6
    assert np.abs(np.diff(colours_of(noisy, 512), axis=0)).mean() < 5


@pytest.mark.parametrize("shape", [(8, 8), (8, 30)])
def test_one_region_is_enough(shape: tuple[int, int]) -> None:
    found = look_at(np.full((*shape, 3), 0.5, np.float32), 512, 0)
    assert found.count == 1
    assert found.from_border.tolist() == [0]
