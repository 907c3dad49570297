"""One budget of bytes for each file."""

from __future__ import annotations

import pytest

from segprior.errors import ImageError
from segprior.io.files.budget import budget, check_bytes, check_values, memory_there


def test_a_quarter_of_the_memory() -> None:
    assert 1 << 28 < memory_there() < 1 << 50
    assert budget() == memory_there() // 4
    assert budget(7) == 7


def test_channels_count() -> None:
    check_values((10, 10, 3), 1, 1500, "a.png")
    with pytest.raises(
        ImageError, match=r"a.png: would take 1.46KB in memory, above the limit of 1.46KB"
    ):
        check_values((10, 10, 3), 1, 1499, "a.png")
    with pytest.raises(ImageError, match=r"2GB .* 10 bytes; reduce it or raise max_bytes"):
        check_bytes(2 << 30, 10, "a")
    with pytest.raises(ImageError, match="above the limit"):
        check_values((10**6, 10**6), 1, None, "a")
