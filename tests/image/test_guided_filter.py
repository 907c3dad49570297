from __future__ import annotations

import numpy as np
import pytest

from segprior.image.guided_filter import box_mean, guided_filter


@pytest.mark.parametrize("radius", [0, 1, 3, 50])
def test_a_box_mean_is_the_mean_of_what_is_inside(radius: int) -> None:
    values = np.random.default_rng(0).random((9, 12, 2)).astype(np.float32)
    found = box_mean(values, radius)
    for row, column in ((0, 0), (4, 6), (8, 11)):
        top, left = max(0, row - radius), max(0, column - radius)
        window = values[top : row + radius + 1, left : column + radius + 1]
        np.testing.assert_allclose(found[row, column], window.mean((0, 1)), rtol=1e-5)


def test_with_no_eps_a_function_of_the_guide_is_kept() -> None:
    guide = np.random.default_rng(0).random((20, 24, 3)).astype(np.float32)
    source = guide @ np.array([0.5, -0.2, 0.3], np.float32) + 0.1
    found = guided_filter(guide, source, radius=4, eps=1e-9)
    np.testing.assert_allclose(found, source, atol=1e-4)


def test_with_a_large_eps_it_is_two_box_means() -> None:
    guide = np.random.default_rng(0).random((20, 24, 3)).astype(np.float32)
    source = np.random.default_rng(1).random((20, 24)).astype(np.float32)
    found = guided_filter(guide, source, radius=3, eps=1e6)
    np.testing.assert_allclose(found, box_mean(box_mean(source, 3), 3), atol=1e-5)


def test_the_mask_moves_to_the_edge_of_the_image() -> None:
    guide = np.zeros((32, 32, 1), np.float32)
    guide[:, 16:] = 1
    off = np.zeros((32, 32), np.float32)
    off[:, 14:] = 1
    found = guided_filter(guide, off, radius=8, eps=1e-4) > 0.5
    np.testing.assert_array_equal(found, guide[..., 0] > 0)


def test_a_coarse_mask_gets_the_edges_of_the_full_image() -> None:
    guide = np.zeros((64, 64, 3), np.float32)
    guide[10:50, 21:43] = (0.9, 0.5, 0.1)
    truth = guide[..., 0] > 0
    coarse = truth[::4, ::4].astype(np.float32)
    found = guided_filter(guide, coarse, radius=4, eps=1e-4)
    assert found.shape == (64, 64)
    assert found.dtype == np.float32
    wrong = (found > 0.5) != truth
    blocks = np.repeat(np.repeat(coarse, 4, 0), 4, 1) > 0.5
    assert wrong.sum() < (blocks != truth).sum() / 2


def test_flipping_the_image_flips_the_result() -> None:
    guide = np.random.default_rng(0).random((17, 21, 3)).astype(np.float32)
    source = np.random.default_rng(1).random((17, 21)).astype(np.float32)
    found = guided_filter(guide, source, radius=3, eps=1e-3)
    flipped = guided_filter(guide[:, ::-1], source[:, ::-1], radius=3, eps=1e-3)
    np.testing.assert_allclose(flipped[:, ::-1], found, atol=1e-5)
