from __future__ import annotations

import numpy as np
import pytest

from segprior.nn.compiled import conv, pointwise, row_ops, upconv

# Numba compiles once for all tests of one process.
pytestmark = pytest.mark.xdist_group("compiled")


def test_moments_of_rows_far_from_zero() -> None:
    z = np.random.default_rng(0).normal(1000, 1, (30, 2, 40)).astype(np.float32)
    total = np.zeros((3, 2))
    for row in range(len(z)):
        row_ops.add_moments(total, z[row], 0, 40, row)
    apart, squares = total[:2] / (30 * 40)
    np.testing.assert_allclose(total[2] + apart, z.mean((0, 2), dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(squares - apart**2, z.var((0, 2), dtype=np.float64), rtol=1e-5)


def test_exponential() -> None:
    x = np.linspace(-30, 30, 1001, dtype=np.float32)
    found = np.array([row_ops.exponential(value) for value in x])
    np.testing.assert_allclose(found, np.exp(x.astype(np.float64)), rtol=3e-6)


def test_what_kernels_call_is_compiled_into_them() -> None:
    for module in (row_ops, pointwise, conv, upconv):
        for name, function in vars(module).items():
            if hasattr(function, "targetoptions") and function.__module__ == module.__name__:
                inner = module is row_ops or name.startswith("_")
                assert bool(function.targetoptions.get("forceinline")) is inner, name
