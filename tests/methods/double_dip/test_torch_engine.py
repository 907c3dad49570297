from __future__ import annotations

import math

import pytest
import torch

from segprior.methods.double_dip.torch_engine import push, within


def test_the_losses_by_hand() -> None:
    hint = torch.tensor([[[[1.0, 0.0], [1.0, 0.0]]]])
    image = torch.zeros(1, 3, 2, 2)
    layer = torch.full((1, 3, 2, 2), 0.4)
    assert within(hint, layer, image).item() == pytest.approx(0.4)
    layer[..., 1] = 9.0  # outside the hint
    assert within(hint, layer, image).item() == pytest.approx(0.4)
    assert push(torch.tensor([[[[0.0, 1.0]]]])).item() == pytest.approx(2)
    assert push(torch.tensor([[[[0.25, 0.75]]]])).item() == pytest.approx(4)
    assert math.isfinite(push(torch.full((1, 1, 2, 2), 0.5)).item())
