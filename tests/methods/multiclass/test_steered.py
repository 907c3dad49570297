from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import segprior
from segprior.errors import ConfigError, InputWarning
from tests.helpers.clicks import FIRST, SECOND, discs, truth

MARKS = [(*FIRST, 7), (*SECOND, 2), (2, 60, 4), (50, 3, 4)]


def test_each_pixel_gets_one_of_the_marks() -> None:
    found = segprior.segment(discs(), scribbles=MARKS)
    assert found.config.method == "hierarchy"
    assert found.kind == "labels"
    expected = np.array([4, 7, 2])[truth()]
    assert (found.labels != expected).mean() < 0.02
    assert [found.labels[row, column] for row, column, _ in MARKS] == [7, 2, 4, 4]


def test_ground_is_one_more_class() -> None:
    marks = [(*FIRST, 1), (*SECOND, 3), (2, 60, 0), (50, 3, 0)]
    with pytest.warns(InputWarning, match="ground is label 2"):
        found = segprior.segment(discs(), scribbles=marks)
    assert (found.labels != np.array([2, 1, 3])[truth()]).mean() < 0.02


def test_with_one_mark_there_is_another_class() -> None:
    found = segprior.segment(discs(), scribbles=[(*FIRST, 1)])
    assert np.unique(found.labels).tolist() == [1, 2]
    assert found.labels[FIRST] == 1
    assert np.unique(segprior.segment(discs(), scribbles=[(*FIRST, 9)]).labels).tolist() == [1, 9]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"classes": 2}, "scribbles of 3 labels"),
        ({"method": "mean-shift"}, "neither"),
    ],
)
def test_mistakes(options: dict[str, Any], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        segprior.segment(discs(), scribbles=MARKS, **options)
