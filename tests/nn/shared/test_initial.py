"""Weights and noise are those that PyTorch would draw."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from segprior.nn.shared.initial import Source, flat, initial_noise, initial_weights, named


@pytest.mark.parametrize("seed", [0, 7, 2**32 + 7, 2**63 - 1])
def test_uniform_numbers_are_those_of_pytorch(seed: int) -> None:
    source, theirs = Source(seed), torch.Generator().manual_seed(seed)
    for shape, low, high in (((5, 7), -0.3, 0.3), ((3, 50, 4), 0.0, 1.0), ((1,), -2.0, 1.5)):
        expected = torch.empty(shape).uniform_(low, high, generator=theirs).numpy()
        drawn = source.uniform(shape, low, high)
        assert drawn.dtype == np.float32
        np.testing.assert_allclose(drawn, expected, rtol=0, atol=1e-7)
        assert np.mean(drawn == expected) > 0.95


def test_weights_start_as_convolutions_of_pytorch_do() -> None:
    weights = initial_weights(Source(1), 3, 2)
    for name, value in weights.items():
        if "conv" in name or name.startswith("head"):
            into = 8 if name.startswith("head") else int(np.prod(value.shape[1:]))
            bound = into**-0.5
            assert 0.5 * bound < np.abs(value).max() <= bound
            assert abs(value.mean()) < bound
        else:
            assert set(value.tolist()) == {1.0 if "gain" in name else 0.0}
    assert sum(value.size for value in weights.values()) == 35_179 - 304


def test_noise_is_uniform_and_small() -> None:
    noise = initial_noise(Source(3), (2, 40, 50), 0.01)
    assert noise.shape == (2, 40, 50)
    assert np.abs(noise).max() <= 0.005
    assert noise.std() == pytest.approx(0.01 / 12**0.5, rel=0.05)


@pytest.mark.parametrize("seed", [0, 5, 2**40 + 3])
def test_normal_numbers_are_those_of_pytorch(seed: int) -> None:
    source, theirs = Source(seed), torch.Generator().manual_seed(seed)
    for size in (3, 16, 17, 100, 5, 2700, 7, 31, 1):  # below 16 one of each two is kept
        expected = torch.empty(size).normal_(0.5, 0.02, generator=theirs).numpy()
        drawn = source.normal((size,), 0.5, 0.02)
        assert drawn.dtype == np.float32
        np.testing.assert_allclose(drawn, expected, rtol=0, atol=1e-6)


def test_flat_weights_get_their_names_back() -> None:
    weights = initial_weights(Source(1), 3, 2)
    back = named(flat(weights), weights)
    assert list(back) == list(weights)
    assert all(np.array_equal(back[name], weights[name]) for name in weights)
