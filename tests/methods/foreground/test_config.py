from __future__ import annotations

from typing import Any

import pytest

from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError
from segprior.methods.foreground.config import ForegroundConfig


def test_published_numbers() -> None:
    published = PriorConfig.preset("published")
    assert published.members == 11
    assert published.iterations == 50
    assert published.working_size is None
    assert published.learning_rate == 0.01
    assert published.noise_channels == 2
    assert published.noise_scale == 0.01
    mask = ForegroundConfig.preset("published")
    assert mask.prior == published
    assert (mask.window, mask.n_clusters, mask.n_init, mask.features) == (7, 2, 10, "prior")
    assert mask.method == "kmeans"


def test_the_former_default_is_a_preset() -> None:
    config = ForegroundConfig.preset("dsp")
    assert (config.method, config.features, config.prior) == ("kmeans", "prior", PriorConfig())
    assert ForegroundConfig(method="kmeans") == config
    assert ForegroundConfig().features == "auto"


def test_fields_of_the_prior_are_reached_through_the_mask() -> None:
    config = ForegroundConfig.preset("published", members=5, window=3)
    assert config.prior == PriorConfig.preset("published", members=5)
    assert config.window == 3
    assert config.replace(iterations=9).prior.iterations == 9


def test_a_name_that_both_have_is_that_of_the_mask() -> None:
    config = ForegroundConfig.preset(features="image")
    assert config.features == "image"
    assert config.prior.features == ()


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"members": 0}, "members=0; pass a whole number of at least 1"),
        ({"members": 2.0}, "members=2.0"),
        ({"members": True}, "members=True"),
        ({"iterations": -5}, "iterations=-5"),
        ({"working_size": 8}, "working_size=8; pass a whole number of at least 16"),
        ({"learning_rate": 0}, "learning_rate=0; pass a number above 0"),
        ({"noise_scale": float("nan")}, "noise_scale=nan"),
        ({"noise_channels": 0}, "noise_channels=0"),
        ({"snapshots": (0,)}, "snapshot iteration=0"),
        ({"prior": "fast"}, "prior is a str; pass a PriorConfig"),
        ({"features": "edges"}, "features='edges'; choose"),
        ({"window": 0}, "window=0"),
        ({"window": 4}, "window=4; pass an odd number"),
        ({"n_clusters": 1}, "n_clusters=1; pass a whole number of at least 2"),
        ({"n_init": 0}, "n_init=0"),
        ({"min_size": -1}, "min_size=-1"),
        ({"method": "magic"}, "method='magic'; choose"),
        ({"reading": "thing"}, "reading='thing'; choose"),
        ({"window": 3}, "window=3 with method='consensus'; .*preset='dsp'"),
        ({"n_clusters": 3}, "n_clusters=3 with method='consensus'"),
        ({"n_init": 1}, "n_init=1 with method='consensus'"),
        ({"method": "kmeans", "reading": "object"}, "reading='object' with method='kmeans'"),
        ({"diameter": 0.0, "instances": True}, r"diameter=0\.0; pass a number above 0"),
        ({"diameter": 20.0}, r"diameter=20\.0, which says how large .*pass instances=True too"),
        ({"colour": 1}, "no option 'colour'; the options are .*members.*window"),
    ],
)
def test_wrong_values(wrong: dict[str, Any], match: str) -> None:
    with pytest.raises(ConfigError, match=match) as caught:
        ForegroundConfig.preset(**wrong)
    assert "\n" not in str(caught.value)
