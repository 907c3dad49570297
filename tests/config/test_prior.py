from __future__ import annotations

import pytest

from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError


def test_snapshots_are_sorted_and_single() -> None:
    assert PriorConfig(snapshots=(20, 10, 20)).snapshots == (10, 20)


def test_wrong_features_of_a_prior() -> None:
    with pytest.raises(ConfigError, match="no block 'up9'; choose one of down1"):
        PriorConfig(features=(("up9", 3),))
    with pytest.raises(ConfigError, match="no option 'window'; the options are"):
        PriorConfig.preset(window=3)
