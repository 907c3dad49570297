"""One budget of bytes for each file."""

from __future__ import annotations

import pytest

from segprior.errors import ImageError
from segprior.io.files.budget import (
    budget,
    check_bytes,
    check_values,
    limited,
    memory_there,
    pixel_limit,
)


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


def test_what_is_read_beside_an_image_has_its_limits() -> None:
    assert (pixel_limit(), pixel_limit(100_000_000)) == (64_000_000, 100_000_000)
    with limited(max_pixels=None, max_bytes=7):
        assert (pixel_limit(), budget(), budget(8)) == (None, 7, 8)
        with limited(max_pixels=50):
            assert (pixel_limit(), pixel_limit(60)) == (50, 60)
            assert budget() == memory_there() // 4
        assert budget() == 7
    assert budget() == memory_there() // 4
