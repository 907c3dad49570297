from __future__ import annotations

import pytest
import torch
from threadpoolctl import threadpool_limits

from segprior.runtime.bands import banded


@pytest.mark.parametrize("threads", [1, 3])
def test_bands_cover_the_size_and_come_back_in_order(threads: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with banded() as bands:
            found = bands(lambda start, stop: (start, stop, torch.get_num_threads()), 10, 4)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert found == [(0, 4, 1), (4, 8, 1), (8, 10, 1)]


def test_an_error_in_a_band_is_raised() -> None:
    def work(start: int, stop: int) -> int:
        if start == 4:
            raise ValueError("band 4")
        return stop

    with threadpool_limits(2), banded() as bands:
        assert bands(lambda start, stop: stop, 10, 4) == [4, 8, 10]
        with pytest.raises(ValueError, match="band 4"):
            bands(work, 10, 4)
