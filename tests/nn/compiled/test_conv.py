from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from segprior.nn.compiled import conv, pointwise

# Numba compiles once for all tests of one process.
pytestmark = pytest.mark.xdist_group("compiled")

SLOPE = np.float32(0.2)
SIZES = [(8, 8), (16, 24), (6, 300)]


def drawn(seed: int, *shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def as_tensor(x: NDArray[np.float32]) -> Tensor:
    """(rows, C, columns) to (1, C, rows, columns)."""
    return torch.from_numpy(x).permute(1, 0, 2)[None]


def convolved(x: Tensor, norm: NDArray[np.float32], w: Tensor, stride: int) -> Tensor:
    """Normalised, through the leaky ReLU, reflected and convolved."""
    scale, offset = torch.from_numpy(norm[:2]).view(2, 1, -1, 1, 1)
    active = F.leaky_relu(x * scale + offset, 0.2)
    return F.conv2d(F.pad(active, (1, 1, 1, 1), mode="reflect"), w, stride=stride)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_forward_is_a_convolution(size: tuple[int, int], stride: int) -> None:
    rows, columns = size
    x, norm, w = drawn(0, rows, 3, columns), drawn(1, 4, 3), drawn(2, 8, 3, 3, 3)
    z = np.empty((rows // stride, 8, columns // stride), np.float32)
    moments = np.zeros((3, 8))
    forward = conv.conv_forward if stride == 1 else conv.shrink_forward
    forward(z, x, norm, SLOPE, pointwise.packed(w.transpose(0, 2, 3, 1)), moments)
    expected = convolved(as_tensor(x), norm, torch.from_numpy(w), stride)
    np.testing.assert_allclose(as_tensor(z), expected, atol=1e-4)
    mean = moments[0] / (z.shape[0] * z.shape[2]) + moments[2]
    np.testing.assert_allclose(mean, expected.mean((0, 2, 3)), atol=1e-4)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_backward_gives_the_gradients_of_weights_and_image(size: tuple[int, int]) -> None:
    rows, columns = size
    x, w = drawn(0, rows, 4, columns), drawn(2, 8, 4, 3, 3)
    gradient, z = drawn(3, rows, 8, columns), drawn(4, rows, 8, columns)
    # Normalisations that change nothing, with sums of 0, pass gradients on as they are.
    plain, plain_x = (np.ones((4, n), np.float32) for n in (8, 4))
    plain[1:3], plain_x[1:3] = 0, 0
    dx, gw, sums = np.empty_like(x), np.zeros((8, 36), np.float32), np.zeros((2, 4))
    turned = pointwise.packed(w.transpose(1, 2, 3, 0))
    conv.conv_backward(
        dx, gw, gradient, z, x, plain_x, sums, SLOPE, turned, plain, np.zeros((2, 8))
    )

    leaf, weight = as_tensor(x).requires_grad_(), torch.from_numpy(w).requires_grad_()
    made = convolved(leaf, plain_x, weight, 1)
    by_x, by_w = torch.autograd.grad(made, (leaf, weight), as_tensor(gradient))
    np.testing.assert_allclose(as_tensor(dx), by_x, atol=1e-4)
    by_taps = by_w.permute(0, 2, 3, 1).reshape(8, 36)
    np.testing.assert_allclose(gw, by_taps, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(sums[0], by_x.sum((0, 2, 3)), rtol=1e-3, atol=1e-3)
