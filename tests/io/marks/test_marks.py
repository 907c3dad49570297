from __future__ import annotations

import numpy as np
import pytest

from segprior.errors import ImageError, InputWarning
from segprior.io.marks.marks import GROUND, Marks, check_labels, place_points, shrink

SHAPE = (4, 6)


def points(*each: tuple[int, int, int]) -> Marks:
    return place_points(np.array(each, np.int64), SHAPE, "a.csv")


def test_points_are_put_into_the_image() -> None:
    marks = points((0, 5, 1), (3, 0, 0), (2, 2, 7), (0, 5, 1))
    expected = np.zeros(SHAPE, np.int32)
    expected[0, 5], expected[3, 0], expected[2, 2] = 1, GROUND, 7
    assert marks.values.dtype == np.int32
    np.testing.assert_array_equal(marks.values, expected)
    assert marks.points.tolist() == [[0, 5, 1], [3, 0, 0], [2, 2, 7], [0, 5, 1]]


def test_all_that_is_marked_is_listed_once() -> None:
    places, labels = points((3, 0, 0), (0, 5, 1), (0, 5, 1)).places()
    assert places.tolist() == [[0, 5], [3, 0]]
    assert labels.tolist() == [1, 0]


def test_a_hint_has_one_object() -> None:
    hint = points((0, 0, 1), (0, 1, 0), (0, 2, 2)).hint()
    assert hint.dtype == np.int8
    assert hint[0].tolist() == [1, -1, -1, 0, 0, 0]
    assert not hint[1:].any()


def test_ground_is_one_more_class() -> None:
    with pytest.warns(InputWarning, match=r"^a\.csv: ground is label 2$"):
        classes = points((0, 0, 1), (0, 1, 0), (0, 2, 3)).classes()
    assert classes[0].tolist() == [1, 2, 3, 0, 0, 0]
    with pytest.warns(InputWarning, match="ground is label 1$"):
        assert points((0, 1, 0)).classes()[0, 1] == 1
    full = np.arange(-1, 255, dtype=np.int32).reshape(16, 16)
    with pytest.raises(ImageError, match="a: ground, and no label is free"):
        Marks(values=full, points=np.zeros((0, 3), np.int64), name="a").classes()
    assert points((0, 0, 2)).classes()[0].tolist() == [2, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ([(4, 0, 1)], "row 4, column 0 of an image of 4 x 6 pixels"),
        ([(0, -1, 1), (9, 9, 1)], r"row 0, column -1 \(and 1 more\) of"),
        ([(0, 0, 255)], "got label 255; labels are 1 to 254"),
        ([(0, 0, -1)], "got label -1"),
        ([(1, 1, 2), (0, 0, 1), (1, 1, 0)], "row 1, column 1 is marked twice, with labels 2 and 0"),
    ],
)
def test_points_that_cannot_be(wrong: list[tuple[int, int, int]], match: str) -> None:
    with pytest.raises(ImageError, match=match) as caught:
        points(*wrong)
    assert "\n" not in str(caught.value)


def test_labels_have_a_range() -> None:
    check_labels(np.array([[0, 254]]), "a")
    with pytest.raises(ImageError, match="a: got label 300"):
        check_labels(np.array([[0, 300]]), "a")


def test_no_mark_is_lost_in_shrinking() -> None:
    marks = np.zeros((40, 60), np.int64)
    marks[7] = 1
    marks[20, 30], marks[21, 30] = 2, 3
    small = shrink(marks, (10, 15))
    assert small.shape == (10, 15)
    assert (small[1] == 1).all()
    assert {2, 3} & set(np.unique(small))
    crowded = np.zeros((40, 60), np.int64)
    crowded[20:24, 30:34] = 2
    crowded[20, 30] = 1
    crowded[20, 34] = 1
    assert set(np.unique(shrink(crowded, (10, 15)))) == {0, 1, 2}
    assert shrink(marks, (40, 60)) is marks
