from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch

from segprior.nn.clustering.weights import draw_weights


def test_weights_depend_on_the_seed_alone() -> None:
    one, same, other = (draw_weights(3, 6, 2, "normal", seed).flat() for seed in (5, 5, 6))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0], other[0])


def test_weights_are_drawn_as_the_publications_do() -> None:
    normal = draw_weights(4, 200, 2, "normal", 0)
    assert normal.convs[1].std() == pytest.approx(0.02, rel=0.05)
    assert normal.gains[0].mean() == pytest.approx(1, abs=0.01)
    assert normal.gains[0].std() == pytest.approx(0.02, rel=0.3)
    assert np.abs(normal.biases[0]).max() == pytest.approx(1 / 6, rel=0.05)
    uniform = draw_weights(4, 200, 2, "uniform", 0)
    assert np.abs(uniform.convs[0]).max() == pytest.approx(1 / 6, rel=0.01)
    assert np.abs(uniform.head).max() == pytest.approx(200**-0.5, rel=0.01)
    assert (uniform.gains[0] == 1).all()


@pytest.mark.parametrize("initial", ["normal", "uniform"])
@pytest.mark.parametrize("channels", [5, 10, 100])
def test_they_are_what_pytorch_would_draw(
    initial: Literal["normal", "uniform"], channels: int
) -> None:
    source = torch.Generator().manual_seed(7)

    def weight(*shape: int) -> torch.Tensor:
        if initial == "normal":
            return torch.empty(*shape).normal_(0, 0.02, generator=source)
        bound = (shape[1] * (9 if len(shape) > 2 else 1)) ** -0.5
        return torch.empty(*shape).uniform_(-bound, bound, generator=source)

    def gain() -> torch.Tensor:
        drawn = torch.ones(channels)
        return drawn.normal_(1, 0.02, generator=source) if initial == "normal" else drawn

    c = channels
    expected = [weight(c, 3, 3, 3), weight(c, c, 3, 3)]
    for fan in (3, c):
        bound = (9 * fan) ** -0.5
        expected.append(torch.empty(c).uniform_(-bound, bound, generator=source))
    expected += [gain(), gain(), torch.zeros(c), weight(c, c), gain(), torch.zeros(c)]
    drawn = draw_weights(3, channels, 2, initial, 7).flat()
    for ours, theirs in zip(drawn, expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=0, atol=1e-6)


def test_a_copy_does_not_change_with_the_first() -> None:
    weights = draw_weights(3, 6, 2, "normal", 5)
    copy = weights.copy()
    for array in weights.flat():
        array += 1
    assert all(not np.array_equal(a, b) for a, b in zip(weights.flat(), copy.flat(), strict=True))
