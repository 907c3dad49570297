from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import segprior
from segprior.errors import ConfigError
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.foreground.steered import cleaned
from tests.helpers.clicks import FIRST, SECOND, discs, truth


@pytest.mark.parametrize(
    "given",
    [
        {"points": [FIRST]},
        {"points": [FIRST, SECOND], "labels": [1, 0]},
        {"box": (7, 5, 33, 31)},
        {"scribbles": [(*FIRST, 1), (*SECOND, 2)]},
        {"scribbles": [(*FIRST, 1), (*SECOND, 0)], "box": (5, 5, 50, 62)},
    ],
)
def test_marks_in_one_call(given: dict[str, Any]) -> None:
    found = segprior.foreground(discs(), **given)
    assert found.kind == "mask"
    assert ((found.labels > 0) != (truth() == 1)).mean() < 0.03
    assert isinstance(found.config, ForegroundConfig)


def test_it_is_what_the_predictor_says() -> None:
    found = segprior.foreground(discs(), points=[FIRST])
    expected = segprior.Predictor(discs()).predict(points=[FIRST])
    np.testing.assert_array_equal(found.labels, expected.labels)
    np.testing.assert_array_equal(found.confidence, expected.confidence)


def test_the_mask_is_cleaned_as_asked() -> None:
    found = segprior.foreground(discs(), points=[FIRST], invert=True)
    assert found.labels[FIRST] == 0
    assert found.labels[2, 60] == 1
    with pytest.warns(segprior.EmptyResultWarning, match="min_size"):
        assert segprior.foreground(discs(), points=[FIRST], min_size=10_000).labels.max() == 0
    ring = np.ones((9, 9), bool)
    ring[4, 4] = False
    filled, lost_to = cleaned(ring, ForegroundConfig(fill_holes=True))
    assert filled.all()
    assert lost_to == "fill_holes"
    assert not cleaned(ring, ForegroundConfig())[0].all()


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"points": [FIRST], "labels": [0]}, "only ground is marked"),
        ({"points": [FIRST], "labels": [2]}, "only ground is marked"),
        ({"labels": [1]}, "without points"),
        ({"points": [(99, 0)]}, "row 99"),
        ({"points": [FIRST], "instances": True}, "instances=True with marks"),
    ],
)
def test_mistakes(given: dict[str, Any], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        segprior.foreground(discs(), **given)


def test_pixels_without_data_are_ground_of_no_confidence() -> None:
    image = discs().astype(np.float64)
    image[15:25, 10:14] = np.nan
    found = segprior.foreground(image, points=[FIRST], nodata=float("nan"))
    assert found.labels[20, 12] == found.confidence[20, 12] == 0
    assert found.labels[FIRST] == 1
    assert found.valid is not None
