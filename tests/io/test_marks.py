from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segprior.errors import ImageError
from segprior.io.marks import as_scribbles, read_marks, shrink_scribbles
from tests.helpers.bombs import png

SHAPE = (20, 30)


def test_points_and_pictures_say_the_same(tmp_path: Path) -> None:
    expected = np.zeros(SHAPE, np.int64)
    expected[3, 4], expected[10, 20] = 1, 7
    points = [(3, 4, 1), (10, 20, 7)]
    Image.fromarray(expected.astype(np.uint8)).save(tmp_path / "black.png")
    Image.fromarray(np.where(expected > 0, expected, 255).astype(np.uint8)).save(
        tmp_path / "white.png"
    )
    np.save(tmp_path / "picture.npy", expected)
    np.save(tmp_path / "points.npy", np.array(points))
    (tmp_path / "points.csv").write_text("# row,column,label\n3,4,1\n10, 20, 7\n")
    for source in (expected, expected.astype(np.uint8), points, *tmp_path.iterdir()):
        np.testing.assert_array_equal(as_scribbles(source, SHAPE), expected)


@pytest.mark.parametrize(
    ("source", "match"),
    [
        (np.zeros((5, 5), int), r"shape \(5, 5\) for an image of 20 x 30"),
        (np.zeros(SHAPE, int), "nothing is marked"),
        (np.full(SHAPE, 300), "got label 300"),
        (np.full(SHAPE, -1), "got label -1"),
        (np.ones(SHAPE), "type float64"),
        ([(20, 1, 1)], "row 20, column 1"),
        ([(1, 1, 255)], "got label 255"),
        (np.array([[0, 255, 3] * 10] * 20), "holds 0 and 255"),
        ("missing.csv", "no file missing"),
    ],
)
def test_what_cannot_be_used(source: object, match: str) -> None:
    with pytest.raises(ImageError, match=match) as caught:
        as_scribbles(source, SHAPE)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["1,2\n", "1,2,x\n", "1,2,1.5\n", "", "\n# none\n", "\0\n"])
def test_text_that_is_no_points(tmp_path: Path, text: str) -> None:
    path = tmp_path / "points.csv"
    path.write_text(text)
    with pytest.raises(ImageError) as caught:
        as_scribbles(path, SHAPE)
    assert "\n" not in str(caught.value)


def test_text_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"no file .*none\.csv; check its name"):
        as_scribbles(tmp_path / "none.csv", SHAPE)


def test_text_of_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes("\ufeff1,2,3\r\n# a remark\r\n4,5,3\r\n".encode())
    marks = as_scribbles(path, SHAPE)
    assert np.argwhere(marks == 3).tolist() == [[1, 2], [4, 5]]


def test_no_mark_is_lost_in_shrinking() -> None:
    marks = np.zeros((40, 60), np.int64)
    marks[7] = 1
    marks[20, 30], marks[21, 30] = 2, 3
    small = shrink_scribbles(marks, (10, 15))
    assert small.shape == (10, 15)
    assert (small[1] == 1).all()
    assert {2, 3} & set(np.unique(small))
    crowded = np.zeros((40, 60), np.int64)
    crowded[20:24, 30:34] = 2
    crowded[20, 30] = 1
    crowded[20, 34] = 1
    assert set(np.unique(shrink_scribbles(crowded, (10, 15)))) == {0, 1, 2}


def test_the_mark_of_a_point_may_be_ground() -> None:
    found = read_marks([(3, 4, 0), (10, 20, 7)], SHAPE)
    assert found[3, 4] == 0
    assert found[10, 20] == 7
    assert (found == -1).sum() == found.size - 2
    with pytest.raises(ImageError, match="got label 0; marks are 1 to 254"):
        as_scribbles([(3, 4, 0)], SHAPE)


def test_in_a_picture_0_and_255_are_unmarked() -> None:
    for unmarked in (0, 255):
        picture = np.full(SHAPE, unmarked, np.uint8)
        picture[3, 4] = 2
        found = read_marks(picture, SHAPE)
        assert found[3, 4] == 2
        assert (found == -1).sum() == found.size - 1


def test_scribbles_have_a_limit(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", 9000, 9000, bits=1)
    with pytest.raises(ImageError, match="above the limit of 64"):
        as_scribbles(path, SHAPE)
    with pytest.raises(ImageError, match="nothing is marked"):
        as_scribbles(path, (9000, 9000))
    (tmp_path / "a.csv").write_bytes(b"1,1,1\n" * (1 << 22))
    with pytest.raises(ImageError, match="more than 16777216 bytes of points"):
        as_scribbles(tmp_path / "a.csv", SHAPE)
