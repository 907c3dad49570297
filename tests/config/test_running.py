from __future__ import annotations

from typing import Any

import pytest

from segprior.config.running import BatchConfig, CurveConfig, EvaluateConfig
from segprior.errors import ConfigError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": -1}, "got workers=-1; pass a whole number of at least 0"),
        ({"interval": 0}, "got interval=0; pass a number above 0"),
        ({"dask": 8786}, "dask is a int; pass a str"),
    ],
)
def test_wrong_options_of_a_batch(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        BatchConfig(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": 0}, "got every=0; pass a whole number of at least 1"),
        ({"limit": -1}, "got limit=-1; pass a whole number of at least 0"),
        ({"workers": 0}, "got workers=0; pass a whole number of at least 1"),
        ({"max_pixels": 0}, "got max_pixels=0; pass a whole number of at least 1"),
        ({"max_bytes": "2G"}, "got max_bytes='2G'; pass a whole number of at least 1"),
    ],
)
def test_wrong_options_of_an_evaluation(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        EvaluateConfig(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "got workers=0"),
        ({"thresholds": 1}, "got thresholds=1; pass a whole number of at least 2"),
        ({"boundary_thresholds": 1}, "got boundary_thresholds=1"),
        ({"span": (0, 1)}, "got span=0; pass a number above 0"),
        ({"span": (2, 1)}, r"got span=\(2, 1\); pass the first and the last"),
        ({"span": (1, 2, 3)}, "pass the first and the last"),
    ],
)
def test_wrong_options_of_a_curve(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        CurveConfig(**options)
