from __future__ import annotations

import numpy as np
import pytest

from segprior.features.co_occurrence import diffusion


def test_stripes_of_two_words_lead_from_either_to_both_alike() -> None:
    textons = np.zeros((40, 60), np.int64)
    textons[:, :30:3] = 1
    textons[:, 30:] = 2
    textons[:, 31::3] = 3
    steps = diffusion(textons)
    assert steps.shape == (4, 4)
    assert steps.sum(axis=1) == pytest.approx(np.ones(4))
    # Two words of one texture lead to the same; two of different textures do not.
    assert np.abs(steps[0] - steps[1]).sum() < 0.1
    assert np.abs(steps[2] - steps[3]).sum() < 0.1
    assert np.abs(steps[0] - steps[2]).sum() > 1


def test_one_step_counts_neighbours_of_both_sides() -> None:
    random = np.random.default_rng(0)
    textons = random.integers(0, 3, (9, 11))
    near = np.zeros((3, 3))
    for row, column in np.ndindex(9, 11):
        for distance in (2, 3, 4, 6, 8):
            for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
                y, x = row + distance * down, column + distance * across
                if y < 9 and 0 <= x < 11:
                    near[textons[row, column], textons[y, x]] += 1
                    near[textons[y, x], textons[row, column]] += 1
    step = near / near.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(diffusion(textons), step @ step @ step @ step, rtol=1e-12)


def test_words_without_neighbours_stay() -> None:
    np.testing.assert_array_equal(diffusion(np.array([[0, 1], [2, 1]])), np.eye(3))
