from __future__ import annotations

import numpy as np
import pytest

from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.growing import grow, hidden_features
from segprior.prior.prior import fit_prior
from segprior.regions.label_map import pieces


def test_regions_are_connected_and_have_no_gaps() -> None:
    image = np.random.default_rng(0).random((40, 50, 3), np.float32)
    regions, merges, costs = grow(image, None, 0)
    assert np.unique(regions).tolist() == list(range(len(merges) + 1))
    assert pieces(regions).max() == regions.max()
    assert len(costs) == len(merges)


def test_the_prior_and_the_weights_count() -> None:
    image = np.random.default_rng(0).random((40, 50, 3), np.float32)
    config = SegmentConfig(prior=PriorConfig(members=1, iterations=3))
    prior = fit_prior(image, config=config.prior)
    plain, helped, other = (
        grow(image, None, 0), grow(image, prior, 0), grow(image, None, 0, texture=0.0),
    )  # fmt: skip
    assert plain[0].max() != helped[0].max() or (plain[0] != helped[0]).any()
    np.testing.assert_array_equal(plain[0], other[0])
    assert (plain[2] != other[2]).any()


def test_what_is_asked_of_a_prior_depends_on_the_method() -> None:
    image = np.random.default_rng(0).random((16, 20, 3), np.float32)
    prior = fit_prior(image, members=1, iterations=2)
    assert SegmentConfig.preset("backprop").with_prior(prior, image.shape).prior == prior.config
    with pytest.raises(ConfigError, match="without hidden features"):
        SegmentConfig().with_prior(prior, image.shape)
    full = fit_prior(image, members=1, iterations=2, features=hidden_features(prior.config))
    assert SegmentConfig().with_prior(full, image.shape).prior == full.config
    with pytest.raises(ConfigError, match="superpixels='none'"):
        SegmentConfig.preset("backprop", superpixels="none").with_prior(full, image.shape)
