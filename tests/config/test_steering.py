from __future__ import annotations

import pytest

from segprior.config.steering import PredictorConfig
from segprior.errors import ConfigError


def test_the_working_size_may_be_no_limit() -> None:
    assert PredictorConfig().to_dict() == {"working_size": 512}
    assert PredictorConfig.preset("fast", working_size=None).working_size is None


@pytest.mark.parametrize("size", [7, 0, -1, 20.5, "large"])
def test_too_small_a_working_size(size: object) -> None:
    with pytest.raises(ConfigError, match="working_size"):
        PredictorConfig(working_size=size)  # type: ignore[arg-type]
