from __future__ import annotations

import numpy as np
import pytest

from segprior.image.noise import blur, calm, is_noisy, noise_level, noise_of
from segprior.image.resize import resize


@pytest.mark.parametrize(("size", "level"), [(640, 0.04), (480, 0.03)])
def test_the_level_is_that_of_the_measurements(size: int, level: float) -> None:
    assert noise_level(size) == level


@pytest.mark.parametrize("size", [60, 120, 180])
def test_the_level_falls_with_the_size_as_the_noise_does(size: int) -> None:
    image = np.random.default_rng(0).normal(0.5, 0.1, (960, 960, 1)).astype(np.float32)
    one, other = (noise_of(resize(image, (side, side))) for side in (size, 240))
    assert noise_level(size) / noise_level(240) == pytest.approx(one / other, rel=0.1)


def test_a_blur_keeps_the_channels_apart() -> None:
    picture = np.zeros((16, 16, 2), np.float32)
    picture[..., 1] = 1
    np.testing.assert_allclose(blur(picture, 2), picture, atol=1e-6)


def test_only_what_is_noisy_is_calmed() -> None:
    random = np.random.default_rng(0)
    clean = np.full((40, 50, 3), 0.5, np.float32)
    noisy = (clean + random.normal(0, 0.1, clean.shape)).astype(np.float32)
    assert not is_noisy(clean)
    assert is_noisy(noisy)
    assert calm(clean) is clean
    np.testing.assert_array_equal(calm(noisy), blur(noisy, 1.5))
