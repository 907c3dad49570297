from __future__ import annotations

from typing import Any

import pytest

from segprior.config.analysis import AnalysisConfig, ReproduceConfig
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"windows": (3,)}, "two or more"),
        ({"windows": (1, 4)}, "window of 4"),
        ({"windows": (1, 0)}, "window of 0"),
        ({"late": 0}, "late=0"),
        ({"late": True}, "late=True"),
        ({"cutoff": 0.0}, "cutoff=0.0"),
        ({"cutoff": 0.6}, "cutoff=0.6"),
        ({"tolerance": -1.0}, "tolerance=-1.0"),
        ({"prior": "fast"}, "pass a PriorConfig"),
        ({"colour": 1}, "no option 'colour'"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        AnalysisConfig().replace(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 2}, "window=2"),
        ({"double_dip": "slow"}, "'fast' or 'published'"),
        ({"double_dip_size": 4}, "double_dip_size=4"),
        ({"prior": None}, "pass a PriorConfig"),
    ],
)
def test_wrong_options_of_the_figures(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ReproduceConfig().replace(**options)


def test_presets() -> None:
    assert AnalysisConfig.preset("published").prior.members == 11
    assert AnalysisConfig.preset("published", members=2).prior.members == 2
    assert ReproduceConfig.preset("published").prior == PriorConfig.preset("published")
    assert AnalysisConfig(windows=(3, 1, 3)).windows == (1, 3)
