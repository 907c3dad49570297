from __future__ import annotations

from typing import Any

import pytest

from segprior.config import PriorConfig
from segprior.errors import ConfigError
from segprior.segment_config import SegmentConfig


def test_published_numbers() -> None:
    published = SegmentConfig.preset("published")
    assert (published.iterations, published.warmup, published.settle) == (1000, 100, 50)
    assert (published.learning_rate, published.momentum, published.restarts) == (0.1, 0.9, False)
    assert (published.n_superpixels, published.compactness) == (10_000, 100)
    assert (published.channels, published.blocks, published.min_classes) == (100, 2, 3)
    assert (published.method, published.superpixels, published.initial) == (
        "backprop", "prior", "normal",
    )  # fmt: skip
    assert published.working_size is None
    prior = published.prior
    assert (prior.members, prior.iterations, prior.working_size) == (10, 101, None)
    assert (prior.shared_noise, prior.median) == (True, "lower")


def test_names_of_both_configurations_mean_the_outer_one() -> None:
    config = SegmentConfig.preset(iterations=7, members=2)
    assert config.iterations == 7
    assert config.prior == PriorConfig(members=2)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"method": "magic"}, "got method='magic'; choose one of 'backprop'"),
        ({"superpixels": "none of them"}, "superpixels="),
        ({"initial": "zeros"}, "initial="),
        ({"weighting": "x"}, "weighting="),
        ({"channels": 1}, "got channels=1"),
        ({"classes": 0}, "got classes=0"),
        ({"classes": 2.0}, "got classes=2.0"),
        ({"iterations": True}, "got iterations=True"),
        ({"classes": 11, "channels": 10}, "classes=11 with channels=10"),
        ({"max_classes": 2}, "max_classes=2 below min_classes=3"),
        ({"momentum": 1.0}, "momentum=1.0"),
        ({"learning_rate": 0}, "learning_rate=0"),
        ({"continuity": -1}, "continuity=-1"),
        ({"compactness": float("inf")}, "compactness=inf"),
        ({"prior": 3}, "prior is a int"),
        ({"clases": 3}, "no option 'clases'"),
        ({"median": "upper"}, "got median='upper'"),
    ],
)
def test_what_is_not_valid(wrong: dict[str, Any], match: str) -> None:
    with pytest.raises(ConfigError, match=match) as caught:
        SegmentConfig.preset(**wrong)
    assert "\n" not in str(caught.value)
