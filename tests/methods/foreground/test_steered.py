from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import segprior
from segprior.errors import ConfigError, InputWarning
from segprior.image.colour import to_uint8
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


def test_marks_in_every_kind_of_file(tmp_path: Path) -> None:
    image = to_uint8(discs())
    strokes = image.copy()
    strokes[16:24, 17:20], strokes[33:36, 40:52] = (0, 230, 0), (230, 0, 0)
    Image.fromarray(strokes).save(tmp_path / "strokes.png")
    (tmp_path / "napari.csv").write_text("index,axis-0,axis-1,label\n0,20.2,17.9,1\n1,34,46,0\n")
    shapes = [
        {"label": label, "shape_type": "circle", "points": [[column, row], [column + 4, row]]}
        for label, (row, column) in (("1", FIRST), ("background", SECOND))
    ]
    (tmp_path / "labelme.json").write_text(json.dumps({"shapes": shapes}))
    for path in tmp_path.iterdir():
        found = segprior.foreground(image, scribbles=path)
        assert ((found.labels > 0) != (truth() == 1)).mean() < 0.03
        same = segprior.Predictor(image).predict(scribbles=path)
        np.testing.assert_array_equal(same.labels, found.labels)


def test_other_colours_are_left_out_of_a_mask_and_objects_of_a_predictor() -> None:
    strokes = np.full((*truth().shape, 3), 255, np.uint8)
    strokes[16:24, 17:20], strokes[33:36, 40:52] = (0, 230, 0), (0, 0, 230)
    strokes[2:4, 50:62] = (230, 0, 0)
    with pytest.warns(InputWarning, match="blue is left out"):
        found = segprior.foreground(discs(), scribbles=strokes)
    assert (found.labels[FIRST], found.labels[2, 55]) == (1, 0)
    with pytest.warns(InputWarning, match="blue is label 2"):
        parts = segprior.Predictor(discs()).predict(scribbles=strokes)
    assert (parts.labels != truth()).mean() < 0.03


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
