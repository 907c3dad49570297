from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.features.saliency import background_saliency, spectral_saliency

Measure = Callable[[NDArray[np.float32]], NDArray[np.float32]]
both = pytest.mark.parametrize("measure", [background_saliency, spectral_saliency])


def scene(channels: int = 3) -> NDArray[np.float32]:
    noise = np.random.default_rng(0).normal(0, 0.02, (64, 96, channels))
    image = np.full((64, 96, channels), 0.3) + noise
    image[20:44, 36:60] += np.linspace(0.3, 0.6, channels)
    return np.clip(image, 0, 1).astype(np.float32)


@both
@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_the_object_stands_out(measure: Measure, channels: int) -> None:
    found = measure(scene(channels))
    assert found.shape == (64, 96)
    assert found.dtype == np.float32
    assert found.min() == 0
    assert found.max() == pytest.approx(1)
    inside = np.zeros((64, 96), bool)
    inside[20:44, 36:60] = True
    assert found[inside].mean() > 2 * found[~inside].mean()


def test_what_clings_to_the_border_is_background() -> None:
    image = scene()
    image[:, :20] = (0.9, 0.1, 0.1)  # as unlike the rest as the object, but at the border
    found = background_saliency(image)
    assert found[20:44, 36:60].mean() > 4 * found[:, :18].mean()


@both
def test_one_colour_has_nothing_salient(measure: Measure) -> None:
    assert not measure(np.full((16, 24, 3), 0.4, np.float32)).any()


@both
def test_small_and_narrow_images(measure: Measure) -> None:
    image = np.random.default_rng(0).random((8, 40, 3)).astype(np.float32)
    assert np.isfinite(measure(image)).all()
