from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from segprior.nn.clustering.losses import ClusteringLoss, choose
from segprior.runtime.bands import Bands


def drawn(rows: int = 11, columns: int = 7, channels: int = 5) -> torch.Tensor:
    source = torch.Generator().manual_seed(2)
    return torch.randn(rows, columns, channels, generator=source)


def test_choose_is_the_largest() -> None:
    response = drawn()
    values, labels = choose(response, Bands(None))
    assert torch.equal(values, response.amax(-1))
    assert torch.equal(labels, response.argmax(-1))


@pytest.mark.parametrize("continuity", [0.0, 2.5])
@pytest.mark.parametrize("weighted", [False, True])
def test_loss_and_gradient_are_those_of_autograd(continuity: float, weighted: bool) -> None:
    response = drawn()
    target = torch.randint(0, 5, (11, 7), generator=torch.Generator().manual_seed(3))
    weights = torch.rand(11, 7) if weighted else None

    leaf = response.double().requires_grad_()
    each = F.cross_entropy(leaf.flatten(0, 1), target.flatten(), reduction="none").view(11, 7)
    expected = (each * (1 / 77 if weights is None else weights.double())).sum()
    expected = expected + continuity * (
        (leaf[1:] - leaf[:-1]).abs().mean() + (leaf[:, 1:] - leaf[:, :-1]).abs().mean()
    )
    (slope,) = torch.autograd.grad(expected, leaf)

    grad = torch.full_like(response, 9.0)
    top, _ = choose(response, Bands(None))
    loss = ClusteringLoss(bands=Bands(None), weights=weights)(
        response, top, target, continuity, grad
    )
    assert loss == pytest.approx(expected.item(), rel=1e-5)
    torch.testing.assert_close(grad, slope.float(), rtol=1e-4, atol=1e-6)
