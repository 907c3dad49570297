from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from segprior.errors import ConfigError
from segprior.image.pyramid import Pyramid
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.foreground.kmeans import KMeansConfig, split_patches
from segprior.methods.method import Context
from segprior.prior.prior import fit

CONTEXT = Context(config=ForegroundConfig.preset("dsp", features="image"), seed=0)


def scene() -> Pyramid:
    image = np.full((32, 40, 3), 0.2, np.float32)
    image[10:22, 12:28] = (0.9, 0.5, 0.1)
    return Pyramid(image)


def test_distances_decide_and_their_margin_is_the_confidence() -> None:
    found = split_patches(scene(), KMeansConfig(window=1), CONTEXT)
    assert found is not None
    assert found.maps.shape == (2, 32, 40)
    mask, sure = found.decide(found.maps)
    assert int(mask.sum()) == 12 * 16
    assert sure.min() > 0.9
    assert not found.voted


def test_members_of_a_prior_vote() -> None:
    config = ForegroundConfig.preset("dsp", members=3, iterations=4, window=1)
    prior = fit(scene(), config.prior)
    context = dataclasses.replace(CONTEXT, config=config, prior=prior)
    found = split_patches(scene(), KMeansConfig(window=1), context)
    assert found is not None
    assert found.voted
    assert found.maps.shape[0] == 3
    assert set(np.unique(np.round(found.maps[-1] * 3))) <= {0, 1, 2, 3}


def test_patches_that_are_all_alike_tell_nothing() -> None:
    assert (
        split_patches(Pyramid(np.full((16, 16, 3), 0.5, np.float32)), KMeansConfig(), CONTEXT)
        is None
    )


def test_an_even_window_is_refused() -> None:
    with pytest.raises(ConfigError, match="window=4; pass an odd number"):
        KMeansConfig(window=4)
