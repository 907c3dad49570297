from __future__ import annotations

import pytest
from threadpoolctl import threadpool_limits

from segprior.runtime.bands import banded


def test_an_error_in_a_band_is_raised() -> None:
    def work(start: int, stop: int) -> int:
        if start == 4:
            raise ValueError("band 4")
        return stop

    with threadpool_limits(2), banded() as bands:
        assert bands(lambda start, stop: stop, 10, 4) == [4, 8, 10]
        with pytest.raises(ValueError, match="band 4"):
            bands(work, 10, 4)
