"""The compiled loops give what the network gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from segprior.nn.compiled.generator import OPERATIONS, CompiledGenerator, absolute_error
from segprior.nn.shared.initial import BLOCKS, Source, flat, initial_weights, named
from segprior.nn.torch.generator import Generator

pytestmark = pytest.mark.usefixtures("one_thread")


def weights_of(network: Generator) -> dict[str, NDArray[np.float32]]:
    found = {name: weight.detach().numpy() for name, weight in network.named_parameters()}
    channels, noise_channels = len(found["head"]), found["blocks.down1.conv1"].shape[1]
    return {name: found[name] for name in initial_weights(Source(0), channels, noise_channels)}


@pytest.mark.parametrize(
    ("height", "width", "channels"),
    [(64, 72, 3), (104, 64, 1), (72, 296, 2), (64, 64, 20), (16, 16, 3), (24, 40, 1)],
)
def test_loss_gradients_and_features_are_those_of_the_network(
    height: int, width: int, channels: int
) -> None:
    network = Generator([3], channels, 2)
    source = torch.Generator().manual_seed(1)
    target = torch.rand(1, channels, height, width, generator=source)
    noise = network.noise(height, width, 0.01)
    drawn = weights_of(network)
    weights_drawn = flat(drawn)
    quick = CompiledGenerator(height, width, channels, 2)
    rows_first = [np.ascontiguousarray(x[0].permute(1, 0, 2).numpy()) for x in (noise, target)]
    output = quick.forward(weights_drawn, rows_first[0])
    by_output = np.empty_like(output)
    loss = absolute_error(by_output, output, rows_first[1])
    output, features = output.copy(), {name: quick.features(name) for name in BLOCKS}
    gradients = named(quick.backward(weights_drawn, by_output), drawn)

    exact = network.double()
    expected, blocks = exact(noise.double())
    error = (expected - target).abs().mean()
    weights = dict(exact.named_parameters())
    slopes = torch.autograd.grad(error, list(weights.values()))
    assert loss == pytest.approx(error.item(), rel=1e-6)
    np.testing.assert_allclose(output, expected[0].permute(1, 0, 2).detach(), atol=3e-6)
    for name in BLOCKS:
        np.testing.assert_allclose(
            features[name], blocks[name][0].permute(1, 2, 0).detach(), atol=5e-5
        )
    assert set(gradients) == set(weights)
    for name, slope in zip(weights, slopes, strict=True):
        # A gain that another normalisation follows has no gradient, but for its epsilon.
        least = 1e-3 * float(max(s.abs().max() for s in slopes))
        scale = max(float(slope.abs().max()), least)
        assert gradients[name].shape == slope.shape
        assert np.abs(gradients[name] - slope.numpy()).max() < 2e-4 * scale, name


def test_time_is_told_by_operation() -> None:
    quick = CompiledGenerator(16, 24, 3, 2)
    assert quick.seconds() == dict.fromkeys(OPERATIONS, 0.0)
    weights = flat(initial_weights(Source(0), 3, 2))
    generated = quick.forward(weights, np.zeros((16, 2, 24), np.float32))
    quick.backward(weights, np.ones_like(generated))
    assert all(seconds > 0 for seconds in quick.seconds().values())


def test_arrays_of_another_type_are_refused() -> None:
    quick = CompiledGenerator(16, 24, 3, 2)
    with pytest.raises(Exception, match="float32"):
        quick.forward(np.zeros(10), np.zeros((16, 2, 24), np.float32))  # type: ignore[arg-type]
