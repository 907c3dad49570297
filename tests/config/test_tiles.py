from __future__ import annotations

from typing import Any

import pytest

from segprior.config.tiles import TileConfig
from segprior.errors import ConfigError


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"scale": 0}, "scale=0"),
        ({"scale": 1.5}, "up to 1"),
        ({"overlap": 0}, "overlap=0"),
        ({"memory": 0}, "memory=0"),
        ({"tile_size": 100}, "at least 192"),
        ({"sampled_tiles": 0}, "sampled_tiles=0"),
    ],
)
def test_bad_values_are_named(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        TileConfig(**fields)
