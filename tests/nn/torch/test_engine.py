from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from segprior.config.prior import PriorConfig
from segprior.nn.torch.engine import TorchEngine


def picture() -> NDArray[np.float32]:
    return np.random.default_rng(2).random((16, 24, 3), np.float32)


def test_each_place_has_its_member() -> None:
    together = TorchEngine(picture(), [5, 6], PriorConfig())
    losses = together.forward()
    assert len(losses) == 2
    for place, seed in enumerate((5, 6)):
        alone = TorchEngine(picture(), [seed], PriorConfig())
        np.testing.assert_allclose(losses[place], alone.forward(), rtol=1e-5)
        np.testing.assert_allclose(together.output(place), alone.output(0), atol=1e-5)
        found, expected = (engine.features("down2", k) for engine, k in
                           ((together, place), (alone, 0)))  # fmt: skip
        assert found.shape == (4, 6, 16)
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_members_draw_their_noise_or_share_one() -> None:
    own = TorchEngine(picture(), [5, 6], PriorConfig()).noise
    shared = TorchEngine(picture(), [5, 6], PriorConfig(), noise_seed=8).noise
    assert not torch.equal(own[:, :2], own[:, 2:])
    assert torch.equal(shared[:, :2], shared[:, 2:])


def test_an_update_lowers_the_error() -> None:
    engine = TorchEngine(picture(), [5], PriorConfig())
    losses = []
    for _ in range(4):
        losses += engine.forward()
        engine.update()
    assert losses[-1] < losses[0]
