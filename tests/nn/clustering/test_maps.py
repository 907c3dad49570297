"""The maps and their gradients are those of PyTorch's autograd."""

from __future__ import annotations

import numpy as np
import torch

from segprior.nn.clustering.maps import FoldedHead, Scale
from segprior.nn.shared.constants import BATCH_NORM_EPS

COUNT, C = 50, 7


def moments() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).normal(0.4, 1, (COUNT, C))
    return x.sum(0), x.T @ x


def leaves(*arrays: np.ndarray) -> list[torch.Tensor]:
    return [torch.from_numpy(array.copy()).requires_grad_() for array in arrays]


def test_scale() -> None:
    rng = np.random.default_rng(1)
    sums, products = moments()
    inputs = sums, products.diagonal().copy(), rng.random(C), rng.normal(size=C)
    scale = Scale(COUNT, *inputs)
    given = leaves(*inputs)
    mean = given[0] / COUNT
    factor = given[2] * torch.rsqrt(given[1] / COUNT - mean * mean + BATCH_NORM_EPS)
    term = given[3] - factor * mean
    np.testing.assert_allclose(scale.factor, factor.detach())
    np.testing.assert_allclose(scale.term, term.detach())
    back = rng.normal(size=C), rng.normal(size=C)
    expected = torch.autograd.grad((factor, term), given, [torch.from_numpy(b) for b in back])
    for ours, theirs in zip(scale.backward(*back), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-12)


def test_folded_head() -> None:
    rng = np.random.default_rng(2)
    inputs = (*moments(), rng.random(C), rng.normal(size=(C, C)), rng.random(C), rng.normal(size=C))
    folded = FoldedHead(COUNT, *inputs)
    given = leaves(*inputs)
    sums, products, gain, head, head_gain, head_shift = given
    mean = sums / COUNT
    covariance = products / COUNT - mean[:, None] * mean
    mixed = head * (gain * torch.rsqrt(covariance.diagonal() + BATCH_NORM_EPS))
    variance = ((mixed @ covariance) * mixed).sum(1)
    matrix = mixed * (head_gain * torch.rsqrt(variance + BATCH_NORM_EPS))[:, None]
    term = head_shift - matrix @ mean
    np.testing.assert_allclose(folded.matrix, matrix.detach())
    np.testing.assert_allclose(folded.term, term.detach())
    back = rng.normal(size=(C, C)), rng.normal(size=C)
    expected = list(torch.autograd.grad((matrix, term), given, [torch.from_numpy(b) for b in back]))
    found = list(folded.backward(*back))
    # Products are symmetric: only the sum of the two halves of their gradient counts.
    found[1], expected[1] = found[1] + found[1].T, expected[1] + expected[1].T
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-10)
