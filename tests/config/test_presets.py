from __future__ import annotations

import dataclasses
import json
import pickle

import pytest

from segprior.config.presets import resolve
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError
from segprior.methods.foreground.config import ForegroundConfig


def test_the_default_preset_is_fast() -> None:
    assert PriorConfig.preset() == PriorConfig.preset("fast") == PriorConfig()
    assert ForegroundConfig.preset() == ForegroundConfig.preset("fast") == ForegroundConfig()


def test_configurations_are_frozen_and_equal_by_value() -> None:
    config = PriorConfig(members=2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.members = 3  # type: ignore[misc]
    assert config == PriorConfig(members=2)
    assert hash(config) == hash(PriorConfig(members=2))
    assert pickle.loads(pickle.dumps(config)) == config


def test_plain_values_survive_json() -> None:
    config = ForegroundConfig.preset(snapshots=(10,), members=2)
    plain = json.loads(json.dumps(config.to_dict()))
    prior = PriorConfig(**plain.pop("prior"))
    assert ForegroundConfig(prior=prior, **plain) == dataclasses.replace(config, prior=prior)
    assert prior == config.prior


def test_no_such_preset() -> None:
    with pytest.raises(ConfigError, match="no preset 'slow'; choose one of fast, published"):
        PriorConfig.preset("slow")


def test_resolve() -> None:
    assert resolve(PriorConfig, None, None, {}) == PriorConfig.preset()
    assert resolve(PriorConfig, "published", None, {"members": 2}).iterations == 50
    config = PriorConfig(iterations=7)
    assert resolve(PriorConfig, None, config, {"members": 2}).iterations == 7
    with pytest.raises(ConfigError, match="pass one of them"):
        resolve(PriorConfig, "fast", config, {})
    with pytest.raises(ConfigError, match="config is a ForegroundConfig; pass a PriorConfig"):
        resolve(PriorConfig, None, ForegroundConfig(), {})
