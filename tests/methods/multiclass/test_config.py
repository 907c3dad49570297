from __future__ import annotations

from typing import Any

import pytest

from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError
from segprior.methods.multiclass.config import SegmentConfig


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
    config = SegmentConfig.preset("backprop", iterations=7, members=2)
    assert config.iterations == 7
    assert config.prior == PriorConfig(members=2)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"method": "magic"}, "got method='magic'; choose one of 'hierarchy'"),
        ({"superpixels": "none of them"}, "superpixels="),
        ({"initial": "zeros"}, "initial="),
        ({"weighting": "x"}, "weighting="),
        ({"channels": 1}, "got channels=1"),
        ({"classes": 0}, "got classes=0"),
        ({"classes": 2.0}, "got classes=2.0"),
        ({"iterations": True}, "got iterations=True"),
        ({"preset": "backprop", "classes": 11, "channels": 10}, "classes=11 with channels=10"),
        ({"preset": "backprop", "max_classes": 2}, "max_classes=2 below min_classes=3"),
        ({"max_classes": 2, "min_classes": 3}, "max_classes=2 below min_classes=3"),
        ({"momentum": 1.0}, "momentum=1.0"),
        ({"learning_rate": 0}, "learning_rate=0"),
        ({"continuity": -1}, "continuity=-1"),
        ({"compactness": float("inf")}, "compactness=inf"),
        ({"prior": 3}, "prior is a int"),
        ({"iterations": 5}, "iterations=5 .* trains no network; pass preset='backprop'"),
        ({"preset": "backprop", "edges": "image"}, "edges='image' with method='backprop'"),
        ({"coarseness": 1.5}, "got coarseness=1.5; pass a number from 0 to 1"),
        ({"coarseness": -0.5}, "got coarseness=-0.5"),
        ({"edges": "none"}, "got edges='none'"),
        ({"clases": 3}, "no option 'clases'"),
        ({"median": "upper"}, "got median='upper'"),
    ],
)
def test_what_is_not_valid(wrong: dict[str, Any], match: str) -> None:
    name = wrong.get("preset", "fast")
    with pytest.raises(ConfigError, match=match) as caught:
        SegmentConfig.preset(name, **{key: wrong[key] for key in wrong if key != "preset"})
    assert "\n" not in str(caught.value)


def test_the_default_is_a_hierarchy_and_more_than_so_many_classes_are_no_matter() -> None:
    config = SegmentConfig.preset()
    assert config == SegmentConfig()
    assert (config.method, config.edges, config.coarseness) == ("hierarchy", "auto", 0.5)
    assert SegmentConfig(classes=500).classes == 500


def test_a_hierarchy_asks_for_the_hidden_features_of_its_prior() -> None:
    prior = PriorConfig(iterations=7, features=(("up1", 3), ("up2", 7)))
    config = SegmentConfig(prior=prior)
    assert config.prior.features == (("up1", 3), ("up2", 7), ("up3", 7))
    assert config.replace(members=2).prior.features == config.prior.features
    assert SegmentConfig(prior=prior, edges="image").prior == prior
    assert SegmentConfig(prior=prior, method="backprop").prior == prior


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "fast"),
        ({"classes": 3}, "fast"),
        ({"method": "continuity"}, "backprop"),
        ({"method": "hierarchy"}, "fast"),
    ],
)
def test_the_preset_follows_from_the_method(given: dict[str, Any], name: str) -> None:
    assert SegmentConfig.start(given) == name
