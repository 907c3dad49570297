from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segprior.errors import ConfigError, ImageError
from segprior.steering.marks import as_marks

SHAPE = (20, 30)


def test_order_and_repeats_make_no_difference() -> None:
    one = as_marks(SHAPE, points=[(3, 4), (10, 20), (3, 4)], labels=[1, 0, 1])
    other = as_marks(SHAPE, points=[(10, 20), (3, 4)], labels=[0, 1])
    np.testing.assert_array_equal(one.places, [(3, 4), (10, 20)])
    np.testing.assert_array_equal(one.places, other.places)
    np.testing.assert_array_equal(one.labels, other.labels)
    assert one.labels.tolist() == [1, 0]


def test_points_and_scribbles_are_joined() -> None:
    picture = np.zeros(SHAPE, np.uint8)
    picture[5, 5:9] = 2
    found = as_marks(SHAPE, points=(3, 4), scribbles=picture)
    assert found.objects == [1, 2]
    assert found.divides
    assert len(found.labels) == 5
    assert not as_marks(SHAPE, points=(3, 4), scribbles=[(1, 1, 0), (2, 2, 2)]).divides


def test_where_several_meet_the_most_count_whatever_their_order() -> None:
    points = [(0, 0), (0, 1), (1, 1), (4, 4), (5, 5)]
    found = as_marks(SHAPE, points=points, labels=[1, 0, 0, 2, 1]).reduced((10, 15))
    assert found[0, 0] == 0
    assert found[2, 2] == 1
    assert (found >= 0).sum() == 2


def test_labels_are_those_of_objects() -> None:
    assert as_marks(SHAPE, points=[(1, 1)]).objects == [1]
    assert as_marks(SHAPE, box=(0, 0, 5, 5)).objects == [1]
    assert as_marks(SHAPE, points=[(1, 1)], labels=[7]).objects == [7]


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({}, "nothing is marked"),
        ({"points": []}, "nothing is marked"),
        ({"labels": [1]}, "without points"),
        ({"points": [(20, 3)]}, "row 20, column 3 of an image of 20 x 30 pixels; count from 0"),
        ({"points": [(-1, 3)]}, "row -1"),
        ({"points": [(1, 2, 3)]}, r"points of shape \(1, 3\)"),
        ({"points": [(1.5, 2)]}, "whole numbers"),
        ({"points": [(np.nan, 2)]}, "whole numbers"),
        ({"points": [("a", "b")]}, "whole numbers"),
        ({"points": [(1e300, 2)]}, "places in the image"),
        ({"points": [(1, 2)], "labels": [1, 0]}, "got 2 labels for 1 points"),
        ({"points": [(1, 2)], "labels": [255]}, "got label 255"),
        ({"points": [(1, 2)], "labels": [-1]}, "got label -1"),
        (
            {"points": [(1, 2), (1, 2)], "labels": [1, 0]},
            "row 1, column 2 is marked 0 and 1; mark it once",
        ),
        ({"points": [(1, 2)], "scribbles": [(1, 2, 0)]}, "marked 0 and 1"),
        ({"box": (5, 5, 5, 9)}, "which is empty"),
        ({"box": (5, 9, 8, 5)}, "which is empty"),
        ({"box": (0, 0, 21, 30)}, "reaches out of an image of 20 x 30"),
        ({"box": (-1, 0, 5, 5)}, "reaches out"),
        ({"box": (1, 2, 3)}, "top, left, bottom and right"),
        ({"box": "abcd"}, "whole numbers"),
        ({"box": (0, 0, 5, 5), "points": [(7, 7)]}, "row 7, column 7 lies outside the box"),
        ({"points": [(1, 1), (2, 2)], "labels": [1, 2], "mask": np.ones(SHAPE, bool)}, "mask="),
    ],
)
def test_mistakes_are_one_line(given: dict[str, Any], match: str) -> None:
    with pytest.raises(ConfigError, match=match) as caught:
        as_marks(SHAPE, **given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mask", [np.ones((3, 3), bool), np.ones(SHAPE), "mask.png"])
def test_a_mask_that_does_not_fit(mask: Any) -> None:
    with pytest.raises(ImageError, match="got a mask of shape"):
        as_marks(SHAPE, mask=mask)
