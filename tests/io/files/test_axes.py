from __future__ import annotations

import pytest

from segprior.errors import ConfigError, ImageError
from segprior.io.files.axes import check_axes, check_last, many_channels, read_axes, unnamed


def test_letters_in_any_case() -> None:
    assert read_axes("tzcyx") == "TZCYX"
    assert read_axes("YX") == "YX"


@pytest.mark.parametrize("axes", ["", "ZY", "CZX", "ZZYX", "Z,Y,X", "äYX", 3])
def test_what_names_no_rows_and_columns_is_refused(axes: object) -> None:
    with pytest.raises(ConfigError, match=r"got axes=.*Y and X among them"):
        read_axes(axes)


def test_as_many_letters_as_axes() -> None:
    assert check_axes("ZYX", (5, 8, 9), "it") == "ZYX"
    with pytest.raises(ImageError, match=r"it: 4 axes, shape \(2, 5, 8, 9\), got axes='ZYX'"):
        check_axes("ZYX", (2, 5, 8, 9), "it")


def test_an_example_of_as_many_letters() -> None:
    assert str(unnamed((2, 3, 8, 9), "it")) == (
        "it: 4 axes, shape (2, 3, 8, 9); name them, such as axes='ZCYX'"
    )
    assert str(unnamed((2,) * 6, "it")).endswith("name them with axes")


@pytest.mark.parametrize(
    "shape", [(96, 128, 3), (96, 128, 96), (64, 64, 200), (20, 30, 5), (2, 96, 128), (8, 9, 20)]
)
def test_channels_that_may_be_meant(shape: tuple[int, int, int]) -> None:
    check_last(shape, -1, "it")


@pytest.mark.parametrize(("shape", "axis"), [((9, 96, 128), 0), ((96, 9, 128), 1)])
def test_more_channels_than_rows_or_columns(shape: tuple[int, int, int], axis: int) -> None:
    with pytest.raises(ImageError, match=f"pass channel_axis={axis} for channels.*axes='.*planes"):
        check_last(shape, -1, "it")
    check_last(shape, axis, "it")
    check_last(shape, 2, "it")


def test_few_rows_are_left_to_others_unless_asked() -> None:
    with pytest.raises(ImageError, match="channel_axis=0"):
        check_last((3, 96, 128), -1, "it", 0)


def test_many_channels_are_told_of() -> None:
    assert many_channels((64, 64, 64), -1)
    assert many_channels((40, 64, 64), -1)
    assert not many_channels((64, 64, 64), 2)
    assert not many_channels((64, 64, 40), -1)
    assert not many_channels((8, 9, 20), -1)
