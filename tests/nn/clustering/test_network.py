from __future__ import annotations

import pytest
import torch

from segprior.nn.clustering.network import FixedNetwork, PlainNetwork, draw_weights


def test_weights_depend_on_the_seed_alone() -> None:
    one, same, other = (draw_weights(3, 6, 2, "normal", seed).flat() for seed in (5, 5, 6))
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one[0], other[0])


def test_weights_are_drawn_as_the_publications_do() -> None:
    normal = draw_weights(4, 200, 2, "normal", 0)
    assert normal.convs[1].std() == pytest.approx(0.02, rel=0.05)
    assert normal.gains[0].mean() == pytest.approx(1, abs=0.01)
    assert normal.gains[0].std() == pytest.approx(0.02, rel=0.3)
    assert normal.biases[0].abs().max() == pytest.approx(1 / 6, rel=0.05)
    uniform = draw_weights(4, 200, 2, "uniform", 0)
    assert uniform.convs[0].abs().max() == pytest.approx(1 / 6, rel=0.01)
    assert uniform.head.abs().max() == pytest.approx(200**-0.5, rel=0.01)
    assert (uniform.gains[0] == 1).all()


def test_the_fixed_network_gives_what_the_fitted_one_does() -> None:
    weights = draw_weights(3, 12, 2, "normal", 0)
    weights.shifts[0].uniform_(-1, 1, generator=torch.Generator().manual_seed(1))
    image = torch.rand(1, 3, 40, 50, generator=torch.Generator().manual_seed(2))
    whole = PlainNetwork(image, weights).forward()
    fixed = FixedNetwork(weights.map(torch.Tensor.detach), image)
    torch.testing.assert_close(fixed(image), whole, atol=1e-4, rtol=1e-4)
    part = fixed(image[:, :, 10:30, 5:45])
    inner = slice(fixed.reach, -fixed.reach)
    torch.testing.assert_close(
        part[inner, inner], whole[10:30, 5:45][inner, inner], atol=1e-4, rtol=1e-4
    )
