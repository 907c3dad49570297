from __future__ import annotations

import pytest
import torch

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
