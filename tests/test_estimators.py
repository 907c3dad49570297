from __future__ import annotations

import dataclasses
import inspect
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.base import BaseEstimator, ClusterMixin, clone

from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError, ImageError
from segprior.estimators import ForegroundSegmenter, Segmenter
from segprior.methods.foreground.api import foreground
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.multiclass.api import segment
from segprior.methods.multiclass.config import SegmentConfig
from tests.helpers.things import discs


def picture() -> np.ndarray[Any, np.dtype[np.uint8]]:
    values = np.random.default_rng(0).integers(0, 40, (32, 40, 3)).astype(np.uint8)
    values[8:24, 10:30] += 180
    return values


def quick(**parameters: Any) -> ForegroundSegmenter:
    return ForegroundSegmenter(
        **{
            "preset": "dsp",
            "members": 1,
            "iterations": 3,
            "working_size": 32,
            "n_init": 1,
            **parameters,
        }
    )


def test_it_is_a_clusterer() -> None:
    assert isinstance(quick(), BaseEstimator)
    assert isinstance(quick(), ClusterMixin)


def test_labels_are_those_of_the_function() -> None:
    expected = foreground(
        picture(), preset="dsp", members=1, iterations=3, working_size=32, n_init=1, window=3, rng=4
    )
    segmenter = quick(window=3, random_state=4)
    labels = segmenter.fit_predict(picture())
    np.testing.assert_array_equal(labels, expected.labels)
    np.testing.assert_array_equal(segmenter.labels_, expected.labels)
    np.testing.assert_array_equal(segmenter.confidence_, expected.confidence)
    assert segmenter.segmentation_.config == expected.config
    assert segmenter.segmentation_.seed == 4
    assert segmenter.n_features_in_ == 3


def test_fit_returns_the_estimator_and_ignores_y() -> None:
    segmenter = quick(features="image")
    assert segmenter.fit(picture(), y="unused") is segmenter


def test_things_one_by_one() -> None:
    image, _ = discs()
    things: dict[str, Any] = {"instances": True, "reading": "things", "diameter": 20.0}
    segmenter = ForegroundSegmenter(**things)
    labels = segmenter.fit_predict(image)
    np.testing.assert_array_equal(labels, foreground(image, **things).labels)
    assert labels.max() == segmenter.segmentation_.n_instances == 7


def test_a_path_is_an_image_too(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "x.png")
    labels = quick(features="image").fit_predict(tmp_path / "x.png")
    np.testing.assert_array_equal(labels, quick(features="image").fit_predict(picture()))


def test_channel_axis() -> None:
    moved = np.moveaxis(picture(), -1, 0)
    labels = quick(features="image", channel_axis=0).fit_predict(moved)
    np.testing.assert_array_equal(labels, quick(features="image").fit_predict(picture()))


def test_parameters_are_kept_as_they_were_given() -> None:
    given = {name: object() for name in inspect.signature(ForegroundSegmenter.__init__).parameters}
    del given["self"], given["options"]
    given["window"] = object()
    segmenter = ForegroundSegmenter(**given)  # type: ignore[arg-type]
    assert segmenter.get_params(deep=False) == given
    assert vars(segmenter) == given


def test_clone_has_the_parameters_and_nothing_learnt() -> None:
    config = ForegroundConfig(method="kmeans", window=3)
    segmenter = quick(preset=None, features="image", config=config, random_state=9)
    segmenter.fit(picture())
    twin = clone(segmenter)
    assert twin.get_params() == segmenter.get_params()
    assert not hasattr(twin, "labels_")


def test_set_params() -> None:
    segmenter = quick()
    assert segmenter.set_params(n_clusters=3, invert=True) is segmenter
    config = segmenter.resolved_config()
    assert (config.n_clusters, config.invert) == (3, True)
    with pytest.raises(ValueError, match="colour"):
        segmenter.set_params(colour="red")


@pytest.mark.parametrize("fitted", [False, True])
def test_pickling(fitted: bool) -> None:
    segmenter = quick(features="image", window=3, preset="published")
    if fitted:
        segmenter.fit(picture())
    twin = pickle.loads(pickle.dumps(segmenter))
    assert twin.get_params() == segmenter.get_params()
    if fitted:
        np.testing.assert_array_equal(twin.labels_, segmenter.labels_)
        assert twin.segmentation_.config == segmenter.segmentation_.config
    np.testing.assert_array_equal(twin.fit_predict(picture()), segmenter.fit_predict(picture()))


def test_repr_shows_what_was_changed() -> None:
    assert repr(ForegroundSegmenter(members=5)) == "ForegroundSegmenter(members=5)"


def test_without_parameters_it_is_the_default_preset() -> None:
    assert ForegroundSegmenter().resolved_config() == ForegroundConfig.preset()


def test_parameters_are_fields_of_the_configurations() -> None:
    fields = {f.name for kind in (PriorConfig, ForegroundConfig) for f in dataclasses.fields(kind)}
    own = {"preset", "config", "random_state", "device", "channel_axis", "callback"}
    assert set(ForegroundSegmenter().get_params()) == own
    every = dict.fromkeys((fields | {"reading", "window", "n_clusters", "n_init"}) - {"options"})
    segmenter = ForegroundSegmenter().set_params(**every)
    assert set(segmenter.get_params()) == own | set(every)
    assert segmenter.resolved_config() == ForegroundConfig()


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"preset": "published"}, {"preset": "published"}),
        ({"members": 5, "reading": "object"}, {"members": 5, "reading": "object"}),
        ({"method": "kmeans", "window": 3}, {"method": "kmeans", "window": 3}),
        ({"working_size": "full"}, {"working_size": None}),
        ({"config": ForegroundConfig(min_size=5), "members": 2}, {"min_size": 5, "members": 2}),
        ({"fill_holes": False, "min_size": 0}, {"fill_holes": False, "min_size": 0}),
    ],
)
def test_parameters_become_settings(parameters: dict[str, Any], expected: dict[str, Any]) -> None:
    name = expected.pop("preset", "fast")
    config = ForegroundSegmenter(**parameters).resolved_config()
    assert config == ForegroundConfig.preset(name, **expected)


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"members": 0}, "members=0"),
        ({"preset": "slow"}, "no preset 'slow'"),
        ({"preset": "fast", "config": ForegroundConfig()}, "one of them"),
        ({"working_size": "half"}, "working_size='half'"),
        ({"random_state": -1}, "seed -1"),
        ({"random_state": "zero", "features": "image"}, "rng of type str"),
    ],
)
def test_wrong_parameters_are_refused_by_fit(parameters: dict[str, Any], match: str) -> None:
    segmenter = ForegroundSegmenter(**parameters)
    with pytest.raises(ConfigError, match=match):
        segmenter.fit(picture())


def test_wrong_images_are_refused() -> None:
    with pytest.raises(ImageError, match="at least 8"):
        quick().fit(np.zeros((2, 2, 3)))


def test_an_int_repeats_and_a_generator_moves_on() -> None:
    def seeds(random_state: Any) -> list[int]:
        segmenter = quick(features="image", random_state=random_state)
        return [segmenter.fit(picture()).segmentation_.seed for _ in range(2)]

    assert seeds(3) == [3, 3]
    for make in (np.random.RandomState, np.random.default_rng):
        first, second = seeds(make(3))
        assert first != second
        assert seeds(make(3)) == [first, second]
    first, second = seeds(None)
    assert first != second


def test_the_callback_is_called() -> None:
    seen: list[int] = []
    quick(callback=lambda event: seen.append(event.iteration)).fit(picture())
    assert seen == [1, 2, 3]


def test_many_classes_are_those_of_the_function() -> None:
    options: dict[str, Any] = {
        "method": "backprop", "superpixels": "image", "iterations": 3, "classes": 4,
    }  # fmt: skip
    expected = segment(picture(), rng=4, **options)
    segmenter = Segmenter(random_state=4, **options)
    np.testing.assert_array_equal(segmenter.fit_predict(picture()), expected.labels)
    assert segmenter.segmentation_.config == expected.config
    assert segmenter.n_features_in_ == 3
    twin = clone(segmenter)
    assert twin.get_params() == segmenter.get_params()
    assert not hasattr(twin, "labels_")


def test_many_classes_at_full_size_and_wrong_ones() -> None:
    config = Segmenter(working_size="full", min_size=3).resolved_config()
    assert config == SegmentConfig(working_size=None, min_size=3)
    with pytest.raises(ConfigError, match="no preset 'slow'"):
        Segmenter("slow").fit(picture())


def test_a_hierarchy_is_the_default() -> None:
    expected = segment(picture(), coarseness=0.2, edges="image")
    segmenter = Segmenter(coarseness=0.2, edges="image").fit(picture())
    np.testing.assert_array_equal(segmenter.labels_, expected.labels)
    assert Segmenter().resolved_config() == SegmentConfig.preset()
    assert Segmenter(method="dynamic").resolved_config().working_size == 160
