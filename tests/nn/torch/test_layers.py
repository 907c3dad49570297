"""The layers against the same in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from segprior.nn.torch.layers import conv, norm_act, pointwise, up_conv


def drawn(*shape: int) -> Tensor:
    source = torch.Generator().manual_seed(1)
    return torch.randn(shape, dtype=torch.float64, generator=source)


def convolved(x: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """(C, H, W) by (O, C, 3, 3), over reflected borders."""
    rows, columns = x.shape[1:]
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)), mode="reflect")
    found = np.zeros((len(weight), rows, columns))
    for a, b in np.ndindex(3, 3):
        found += np.tensordot(weight[:, :, a, b], padded[:, a : a + rows, b : b + columns], 1)
    return found


def normalised(x: NDArray[np.float64]) -> NDArray[np.float64]:
    mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
    found: NDArray[np.float64] = (x - mean) / np.sqrt(variance + 1e-5)
    return found


def enlarged(line: NDArray[np.float64]) -> NDArray[np.float64]:
    size = len(line)
    return np.interp(np.linspace(0, size - 1, 2 * size), np.arange(size), line)


@pytest.mark.parametrize("stride", [1, 2])
def test_borders_are_reflected_and_members_kept_apart(stride: int) -> None:
    x, weight = drawn(1, 6, 8, 10), drawn(4, 3, 3, 3)
    found = conv(x, weight, stride=stride, groups=2)[0].numpy()
    for place in range(2):
        own = convolved(x[0, 3 * place :][:3].numpy(), weight[2 * place :][:2].numpy())
        np.testing.assert_allclose(found[2 * place :][:2], own[:, ::stride, ::stride], atol=1e-12)


def test_channels_are_normalised_and_negatives_made_small() -> None:
    x, gain, shift = drawn(1, 3, 5, 7) * 4 + 2, drawn(3), drawn(3)
    made = normalised(x[0].numpy()) * gain.numpy()[:, None, None] + shift.numpy()[:, None, None]
    expected = np.where(made > 0, made, 0.2 * made)
    np.testing.assert_allclose(norm_act(x, gain, shift)[0], expected, atol=1e-12)


def test_an_image_is_enlarged_then_normalised_then_convolved() -> None:
    x, gain, weight = drawn(1, 3, 5, 7), drawn(3), drawn(2, 3, 3, 3)
    tall = [enlarged(column) for column in x[0].numpy().transpose(0, 2, 1).reshape(21, 5)]
    wide = [enlarged(row) for row in np.reshape(tall, (3, 7, 10)).transpose(0, 2, 1).reshape(30, 7)]
    large = np.reshape(wide, (3, 10, 14))
    made = normalised(large) * gain.numpy()[:, None, None]
    found = up_conv(x, gain, weight, groups=1)
    assert found.shape == (1, 2, 10, 14)
    np.testing.assert_allclose(found[0], convolved(made, weight.numpy()), atol=1e-12)


def test_a_pointwise_convolution_is_a_product_at_each_pixel() -> None:
    x, weight, bias = drawn(1, 4, 3, 5), drawn(6, 2, 1, 1), drawn(6)
    found = pointwise(x, weight, bias, groups=2)[0]
    for place in range(2):
        own = torch.einsum("oc,cij->oij", weight[3 * place :][:3, :, 0, 0], x[0, 2 * place :][:2])
        expected = own + bias[3 * place :][:3, None, None]
        torch.testing.assert_close(found[3 * place :][:3], expected)
