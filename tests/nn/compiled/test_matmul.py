from __future__ import annotations

import numpy as np
import pytest

from segprior.nn.compiled import matmul

# Numba compiles once for all tests of one process.
pytestmark = pytest.mark.xdist_group("compiled")


@pytest.mark.parametrize("columns", [8, 16, 24, 40, 72])
def test_mix_is_a_matrix_product(columns: int) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(12, 10)).astype(np.float32)
    pixels = rng.normal(size=(10, columns + 3)).astype(np.float32)
    packed = np.ascontiguousarray(matrix.reshape(3, 4, 10).transpose(0, 2, 1))
    result = np.full((12, columns + 5), np.nan, np.float32)
    matmul.mix(result.ctypes.data, columns + 5, packed, pixels.ctypes.data, columns + 3, columns)
    np.testing.assert_allclose(result[:, :columns], matrix @ pixels[:, :columns], atol=1e-5)
    assert np.isnan(result[:, columns:]).all()


def test_dots_are_added_up() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(8, 40)).astype(np.float32), rng.normal(size=(6, 40)).astype(np.float32)
    total = np.ones((8, 6), np.float32)
    matmul.add_dots(total, a.ctypes.data, 40, b.ctypes.data, 40, 32)
    np.testing.assert_allclose(total, 1 + a[:, :32] @ b[:, :32].T, atol=1e-5)
