"""The compiled passes against the same in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.nn.clustering import winograd_passes as passes

HEIGHT, COLUMNS, CHANNELS = 10, 7, 9
RNG = np.random.default_rng(0)


def drawn(*shape: int) -> NDArray[np.float32]:
    return RNG.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("row", [4, 8])
def test_rectify(row: int) -> None:
    values, bias = drawn(4, 8, CHANNELS), drawn(CHANNELS)
    features = np.full((14, 10, CHANNELS), np.nan, np.float32)
    sums = np.ones((2, CHANNELS), np.float32)
    passes.rectify(values, bias, features, row, HEIGHT, COLUMNS, sums)
    expected = np.maximum(values + bias, 0)
    expected[:, COLUMNS:] = 0
    expected[max(0, HEIGHT - row) :] = 0
    np.testing.assert_allclose(features[row + 1 : row + 5, 1:9], expected)
    np.testing.assert_allclose(sums[0], 1 + expected.sum((0, 1)), rtol=1e-5)
    np.testing.assert_allclose(sums[1], 1 + np.square(expected).sum((0, 1)), rtol=1e-5)


@pytest.mark.parametrize("row", [4, 8])
def test_keep(row: int) -> None:
    values, features = drawn(4, 8, CHANNELS), drawn(14, 10, CHANNELS)
    flat = np.zeros((12, 8, CHANNELS), np.float32)
    sums = np.zeros((2, CHANNELS), np.float32)
    passes.keep(values, flat, features, row, HEIGHT, COLUMNS, sums)
    count = min(4, HEIGHT - row)
    kept = values[:count, :COLUMNS]
    np.testing.assert_array_equal(flat[row : row + count, :COLUMNS], kept)
    inside = features[row + 1 : row + 1 + count, 1 : 1 + COLUMNS]
    np.testing.assert_allclose(sums[0], (kept * inside).sum((0, 1)), atol=1e-5)
    np.testing.assert_allclose(sums[1], kept.sum((0, 1)), atol=1e-5)
    assert not flat[row + count :].any()


def test_rectify_back_and_through() -> None:
    features, flat = np.maximum(drawn(12, 9, CHANNELS), 0), drawn(10, 7, CHANNELS)
    factor, slope, offset = (drawn(CHANNELS) for _ in range(3))
    inside = features[3:6, 1:8]
    expected = np.where(inside > 0, offset + slope * inside + factor * flat[2:5], 0)

    grad, total = np.zeros_like(features), np.zeros(CHANNELS, np.float32)
    passes.through(flat, features, grad, 2, 5, COLUMNS, factor, slope, offset, total)
    np.testing.assert_allclose(grad[3:6, 1:8], expected, atol=1e-6)
    np.testing.assert_allclose(total, expected.sum((0, 1)), atol=1e-5)

    again, total = np.zeros_like(features), np.zeros(CHANNELS, np.float32)
    values = (offset + slope * inside + factor * flat[2:5]).astype(np.float32)
    for row in range(2, 5):
        passes.rectify_back(values[row - 2], features, again, row, total)
    np.testing.assert_allclose(again, grad, atol=1e-6)
    np.testing.assert_allclose(total, expected.sum((0, 1)), atol=1e-5)
