from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import pytest

from segprior.cli.arguments import values as _values


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (_values.whole, "-3", -3),
        (_values.number, "1e-3", 0.001),
        (_values.number_list, "10,20", (10, 20)),
        (_values.whole_or_full, "48", 48),
        (_values.whole_or_full, "Full", None),
        (_values.block_list, "up2:30, up1:5", (("up2", 30), ("up1", 5))),
        (_values.axis, "-1", -1),
        (_values.axis, "none", None),
        (_values.value_range, "-1,2.5", (-1.0, 2.5)),
        (_values.pixel_count, "64000000", 64_000_000),
        (_values.pixel_count, "0.5M", 500_000),
        (_values.pixel_count, "none", None),
    ],
)
def test_values_are_read(read: Callable[[str], Any], text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (_values.whole, "3.5"),
        (_values.number, "much"),
        (_values.number_list, "10,,20"),
        (_values.whole_or_full, "half"),
        (_values.block_list, "up2"),
        (_values.block_list, "up2:last"),
        (_values.axis, "last"),
        (_values.value_range, "4095"),
        (_values.value_range, "0,1,2"),
        (_values.pixel_count, "0"),
        (_values.pixel_count, "-5M"),
        (_values.pixel_count, "nanM"),
        (_values.pixel_count, ""),
    ],
)
def test_values_that_cannot_be_read(read: Callable[[str], Any], text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"got .*; pass"):
        read(text)
