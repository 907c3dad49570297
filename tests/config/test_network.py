from __future__ import annotations

from typing import Any

import pytest

from segprior.config.network import NetworkConfig
from segprior.errors import ConfigError


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"channels": 1}, "channels=1; pass a whole number of at least 2"),
        ({"momentum": 1.0}, "momentum=1.0; pass a number below 1"),
        ({"initial": "zeros"}, "initial='zeros'; choose 'normal' or 'uniform'"),
        ({"warmup": -1}, "warmup=-1"),
        ({"scribble_weight": 0}, "scribble_weight=0"),
    ],
)
def test_what_is_not_valid(wrong: dict[str, Any], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        NetworkConfig(**wrong)


def test_the_published_loop_is_the_default() -> None:
    config = NetworkConfig()
    assert (config.channels, config.blocks, config.learning_rate, config.momentum) == (
        100, 2, 0.1, 0.9,
    )  # fmt: skip
