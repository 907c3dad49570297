from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import pytest

from segprior.cli.arguments import values


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (values.whole, "-3", -3),
        (values.number, "1e-3", 0.001),
        (values.number_list, "10,20", (10, 20)),
        (values.number_or_numbers, ".5", 0.5),
        (values.number_or_numbers, "0, .5,1", (0.0, 0.5, 1.0)),
        (values.whole_or_full, "48", 48),
        (values.whole_or_full, "Full", None),
        (values.block_list, "up2:30, up1:5", (("up2", 30), ("up1", 5))),
        (values.axis, "-1", -1),
        (values.axis, "none", None),
        (values.value_range, "-1,2.5", (-1.0, 2.5)),
        (values.range_or_none, "9.5,90", (9.5, 90.0)),
        (values.range_or_none, "none", None),
        (values.pixel_count, "64000000", 64_000_000),
        (values.pixel_count, "0.5M", 500_000),
        (values.pixel_count, "none", None),
        (values.byte_count_or_none, "2G", 2 << 30),
        (values.byte_count_or_none, "None", None),
    ],
)
def test_values_are_read(read: Callable[[str], Any], text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (values.whole, "3.5"),
        (values.number, "much"),
        (values.number_list, "10,,20"),
        (values.number_or_numbers, "0,"),
        (values.number_or_numbers, ""),
        (values.whole_or_full, "half"),
        (values.block_list, "up2"),
        (values.block_list, "up2:last"),
        (values.axis, "last"),
        (values.value_range, "4095"),
        (values.value_range, "0,1,2"),
        (values.range_or_none, "nothing"),
        (values.pixel_count, "0"),
        (values.pixel_count, "-5M"),
        (values.pixel_count, "nanM"),
        (values.pixel_count, ""),
    ],
)
def test_values_that_cannot_be_read(read: Callable[[str], Any], text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"got .*; pass"):
        read(text)


def test_names_of_files_of_a_format() -> None:
    read = values.file_in(".tif", ".npy")
    assert read("a/b.TIF") == "a/b.TIF"
    for text in ("photo.jpg", "tif", ""):
        with pytest.raises(argparse.ArgumentTypeError, match=r"end it in \.tif or \.npy"):
            read(text)


def test_clicks_and_boxes() -> None:
    assert values.click("120,200") == (120, 200, 1)
    assert values.click("40, 30, 0") == (40, 30, 0)
    assert values.box("20,40,300,410") == (20, 40, 300, 410)
    for read, text in ((values.click, "1"), (values.click, "1,2,3,4"), (values.box, "1,2,3")):
        with pytest.raises(argparse.ArgumentTypeError, match=r"got .*; pass"):
            read(text)
