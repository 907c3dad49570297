from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.nn.compiled import pointwise

# Numba compiles once for all tests of one process.
pytestmark = pytest.mark.xdist_group("compiled")


def drawn(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_weights_are_packed_by_four_rows() -> None:
    w = drawn(6, 2, 3, 5)
    found = pointwise.packed(w)
    assert found.shape == (2, 30, 4)
    unpacked = found.transpose(0, 2, 1).reshape(8, 30)
    np.testing.assert_array_equal(unpacked[:6], w.reshape(6, 30))
    assert not unpacked[6:].any()


def test_a_settled_table_normalises() -> None:
    z, gain, shift = drawn(6, 3, 10) + 5, drawn(3), drawn(3)
    moments = np.zeros((3, 3))
    moments[2] = z[0].mean(1)
    apart = z - moments[2][:, None]
    moments[0], moments[1] = apart.sum((0, 2)), (apart**2).sum((0, 2))
    table = np.empty((4, 3), np.float32)
    pointwise.settle(table, moments, 60, gain, shift)
    found = z * table[0][:, None] + table[1][:, None]
    np.testing.assert_allclose(found.mean((0, 2)), shift, atol=1e-5)
    np.testing.assert_allclose(found.std((0, 2)), np.abs(gain), rtol=1e-4)
    np.testing.assert_allclose(table[2], z.mean((0, 2)), rtol=1e-6)
    np.testing.assert_allclose(table[3], 1 / z.std((0, 2)), rtol=1e-4)


@pytest.mark.parametrize("columns", [16, 300])
def test_pointwise_forward_is_a_product_at_each_pixel(columns: int) -> None:
    z1, w, norm = drawn(5, 3, columns), drawn(4, 3), drawn(4, 3)
    z2, moments = np.empty((5, 4, columns), np.float32), np.zeros((3, 4))
    pointwise.pointwise_forward(z2, z1, pointwise.packed(w[:, None, None]), norm, moments)
    active = z1 * norm[0][:, None] + norm[1][:, None]
    expected = np.einsum("oc,rcj->roj", w, np.maximum(active, 0.2 * active))
    np.testing.assert_allclose(z2, expected, atol=1e-5)
    mean = moments[0] / (5 * columns) + moments[2]
    np.testing.assert_allclose(mean, expected.mean((0, 2)), atol=1e-5)


def test_the_error_and_its_gradient() -> None:
    out, target = drawn(4, 3, 8), drawn(5, 3, 8)[1:]
    target[0, 0, 0] = out[0, 0, 0]
    gradient = np.full_like(out, np.nan)
    assert pointwise.absolute_error(gradient, out, target) == pytest.approx(
        np.abs(out - target).mean(), rel=1e-5
    )
    np.testing.assert_allclose(gradient, np.sign(out - target) / out.size)
