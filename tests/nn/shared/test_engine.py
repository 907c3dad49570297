"""What every engine gives, whatever it computes with."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.config.prior import PriorConfig
from segprior.nn.compiled.engine import CompiledEngine
from segprior.nn.shared.engine import Engine
from segprior.nn.shared.initial import BLOCKS
from segprior.nn.torch.engine import TorchEngine

pytestmark = pytest.mark.usefixtures("one_thread")


def picture(height: int, width: int, channels: int = 3) -> NDArray[np.float32]:
    return np.random.default_rng(2).random((height, width, channels), np.float32)


@pytest.mark.parametrize("noise_seed", [None, 8])
def test_it_follows_the_other_engine(noise_seed: int | None) -> None:
    config = PriorConfig()
    target = picture(64, 80)
    engines = (
        CompiledEngine(target, 5, config, noise_seed),
        TorchEngine(target, [5], config, "cpu", noise_seed),
    )
    losses: list[list[float]] = []
    for engine in engines:
        losses.append([])
        for _ in range(5):
            losses[-1] += engine.forward()
            engine.update()
    # Adam turns gradients that are all rounding into whole steps, so outputs drift apart.
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)
    assert losses[0][4] < losses[0][0]


def test_outputs_and_features_have_the_same_shapes() -> None:
    target = picture(32, 48, 2)
    engines: list[Engine] = [
        CompiledEngine(target, 5, PriorConfig()),
        TorchEngine(target, [5], PriorConfig()),
    ]
    for engine in engines:
        assert len(engine.forward()) == 1
        assert engine.output(0).shape == target.shape
    for name in BLOCKS:
        one, other = (engine.features(name, 0) for engine in engines)
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, atol=1e-3)
