from __future__ import annotations

import copy
import pickle

import pytest

from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.foreground.kmeans import KMeansConfig
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.continuity import ContinuityConfig


def test_options_of_the_method_are_given_read_and_written_by_their_names() -> None:
    config = ForegroundConfig(method="kmeans", window=3)
    assert config.options == KMeansConfig(window=3)
    assert (config.window, config.n_clusters) == (3, 2)
    assert config.to_dict()["window"] == 3
    assert "options" not in config.to_dict()
    assert config.replace(window=5).options == KMeansConfig(window=5)
    with pytest.raises(AttributeError, match="reading"):
        _ = config.reading


def test_copies_and_pickles_are_equal() -> None:
    config = SegmentConfig.preset("published", channels=20)
    assert copy.deepcopy(config) == pickle.loads(pickle.dumps(config)) == config
    assert hash(copy.copy(config)) == hash(config)


def test_with_another_method_what_both_have_and_was_changed_stays() -> None:
    config = SegmentConfig.preset("published").replace(method="continuity")
    assert config.options == ContinuityConfig(iterations=1000, warmup=100)
    assert config.prior == SegmentConfig.preset("published").prior


def test_names_are_those_of_all_methods_and_of_the_prior() -> None:
    names = SegmentConfig.option_names()
    assert {"coarseness", "n_superpixels", "weighting", "members", "classes"} < names
    assert "options" not in names
    assert "window" not in names


def test_an_option_of_another_method_is_refused_with_where_it_belongs() -> None:
    with pytest.raises(
        ConfigError, match=r"it belongs to K-means: pass preset='dsp' too"
    ) as caught:
        ForegroundConfig(window=3)
    assert (caught.value.option, caught.value.got) == ("window", 3)
    with pytest.raises(ConfigError, match="which is no hierarchy; pass method='hierarchy'"):
        SegmentConfig(method="dynamic", coarseness=0.5)
    with pytest.raises(ConfigError, match="it belongs to 'backprop': pass method='backprop' too"):
        SegmentConfig(method="dynamic", superpixels="image")
    with pytest.raises(ConfigError, match="it belongs to 'dynamic': pass method='dynamic' too"):
        SegmentConfig.preset("backprop", weighting="fsf")
    assert SegmentConfig.preset("backprop", weighting="fsf", method="dynamic").weighting == "fsf"
    with pytest.raises(ConfigError, match="got window=4; pass an odd number"):
        ForegroundConfig(window=4)


def test_a_method_that_is_no_name_is_refused() -> None:
    for wrong in (["kmeans"], None, 3):
        with pytest.raises(ConfigError, match="got method="):
            ForegroundConfig.preset(ForegroundConfig.start({"method": wrong}), method=wrong)


def test_the_prior_must_be_a_configuration() -> None:
    with pytest.raises(ConfigError, match="prior is a dict; pass a PriorConfig"):
        ForegroundConfig(prior={"members": 2})
    assert ForegroundConfig(members=2).prior == PriorConfig(members=2)
