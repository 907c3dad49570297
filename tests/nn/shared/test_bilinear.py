from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from segprior.nn.shared.bilinear import positions, squares


def enlarging(size: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """U, by columns, from PyTorch."""
    lines = torch.eye(size, dtype=torch.float64)[None]
    large = F.interpolate(lines, scale_factor=2, mode="linear", align_corners=True)
    return np.asarray(large[0].T)


@pytest.mark.parametrize("size", [2, 3, 8, 13])
def test_positions_are_those_by_which_lines_are_mixed(size: int) -> None:
    np.testing.assert_allclose(enlarging(size) @ np.arange(size), positions(size), atol=1e-12)


@pytest.mark.parametrize("size", [2, 3, 8, 13])
def test_squares_are_those_of_the_matrix(size: int) -> None:
    u = enlarging(size)
    products, sums = squares(size)
    expected = np.diag(products[0]) + np.diag(products[1, :-1], 1) + np.diag(products[1, :-1], -1)
    np.testing.assert_allclose(expected, u.T @ u, atol=1e-12)
    np.testing.assert_allclose(sums, u.sum(axis=0), atol=1e-12)
    assert products[1, -1] == 0
