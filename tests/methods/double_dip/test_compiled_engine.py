"""The compiled loops against PyTorch, iteration by iteration."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from segprior.methods.double_dip.compiled_engine import CompiledLayers
from segprior.methods.double_dip.engine import MASK, PARTS, Aims
from segprior.methods.double_dip.torch_engine import TorchLayers

CASES = {
    "step 1": (Aims(True, True, 0.0), 0.0),
    "step 2": (Aims(True, False, 0.003), 0.5),
    "late": (Aims(False, False, 0.01), 0.5),
    "composed alone": (Aims(False, False, 0.0), 0.5),
}


def engines(channels: int, shape: tuple[int, int]) -> tuple[CompiledLayers, TorchLayers]:
    rng = np.random.default_rng(1)
    target = rng.random((*shape, channels), np.float32)
    hint = rng.integers(-1, 2, shape).astype(np.int8)
    return CompiledLayers(target, hint, 3), TorchLayers(target, hint, 3)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("channels", "shape"), [(3, (16, 24)), (1, (24, 40)), (5, (32, 16))])
def test_both_cost_and_learn_the_same(name: str, channels: int, shape: tuple[int, int]) -> None:
    aims, weight = CASES[name]
    both = engines(channels, shape)
    costs, errors, images = [], [], []
    for engine in both:
        engine.begin(1e-4)
        costs.append([engine.generate(part, 0.01, aims) for part in PARTS])
        errors.append([engine.compare(weight)])
        images.append(engine.images())
        for part in PARTS:
            engine.learn(part)
            engine.generate(part, 0.0, aims)
        errors[-1].append(engine.compare(weight))
        images.append(engine.images())
    np.testing.assert_allclose(costs[0], costs[1], rtol=1e-4)
    np.testing.assert_allclose(errors[0], errors[1], rtol=2e-3)
    for ours, theirs in zip(images[0], images[2], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    # Adam turns gradients that are all rounding into whole steps, so a few weights differ.
    for ours, theirs, before in zip(images[1], images[3], images[0], strict=True):
        apart = np.abs(ours - theirs).mean()
        assert apart < max(0.2 * np.abs(theirs - before).mean(), 1e-6)


def test_gradients_are_those_of_pytorch() -> None:
    ours, theirs = engines(3, (16, 24))
    aims = Aims(True, False, 0.01)
    for engine in (ours, theirs):
        engine.begin(0.001)
        for part in PARTS:
            engine.generate(part, 0.0, aims)
        engine.compare(0.5)
    for part in PARTS:
        own = theirs.own[part]
        told = theirs.told[part]
        assert own is not None
        assert told is not None
        (by_own,) = torch.autograd.grad(own, theirs.outputs[part], retain_graph=True)
        expected = (by_own + told)[0].permute(1, 0, 2).numpy()
        found = ours.parts[part].gradient
        # The sign of what is all rounding may differ.
        near = np.abs(found - expected) < 1e-3 * np.abs(expected).max()
        assert near.mean() > 0.99


def test_a_mask_of_one_half_is_not_pushed() -> None:
    ours, _ = engines(3, (16, 24))
    ours.begin(0.001)
    ours.generate(MASK, 0.0, Aims(False, False, 1.0))
    assert np.isfinite(ours.parts[MASK].gradient).all()


def test_nothing_asked_changes_nothing() -> None:
    ours, _ = engines(3, (16, 24))
    nothing = Aims(False, False, 0.0)
    ours.begin(0.001)
    before = [part.weights.copy() for part in ours.parts]
    for part in PARTS:
        assert ours.generate(part, 0.0, nothing) == 0
    ours.compare(0.0)
    for part, weights in zip(PARTS, before, strict=True):
        ours.learn(part)
        np.testing.assert_array_equal(ours.parts[part].weights, weights)
