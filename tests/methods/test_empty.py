from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

import segprior
from segprior import EmptyResultWarning, Segmentation
from segprior.cli.arguments.options import in_words
from segprior.config.double_dip import DoubleDipConfig
from segprior.methods.empty import told, warning_of
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.multiclass.config import SegmentConfig


def made(
    value: int, config: Any, kind: Literal["mask", "labels"] = "mask", **evidence: float
) -> Segmentation:
    return Segmentation(
        labels=np.full((8, 9), value, np.uint8),
        confidence=np.zeros((8, 9), np.float32),
        score=0.0,
        config=config,
        seed=0,
        seconds=0.0,
        evidence=evidence,
        kind=kind,
    )


def mask(**options: Any) -> ForegroundConfig:
    return ForegroundConfig.preset("fast", **options)


def labels(**options: Any) -> SegmentConfig:
    return SegmentConfig.preset("fast", **options)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (made(0, mask()), "nothing found: the mask is empty; try --reading 'things', "),
        (made(0, mask(), reading=1.0), "try --reading 'object', --preset 'dsp' or --value-range"),
        (made(0, mask(reading="things")), "try --reading 'object', "),
        (made(1, mask()), "all found: every pixel of the mask is foreground; try --reading "),
        (made(0, ForegroundConfig.preset("dsp")), "try --features 'image', --preset 'fast' or "),
        (made(0, DoubleDipConfig.preset("fast")), "try --hint 'saliency', a hint of your own or "),
        (made(1, labels(), "labels"), "one segment found: all pixels have one label; try "),
        (made(1, labels(), "labels"), "try --coarseness 0, --min-classes 2, "),
        (made(1, labels(coarseness=0), "labels"), "try --min-classes 2, "),
    ],
)
def test_what_to_try(found: Segmentation, said: str) -> None:
    warning = warning_of(found)
    assert warning is not None
    assert said in in_words(warning)
    assert "\n" not in in_words(warning)


def test_options_are_named_as_python_has_them() -> None:
    assert "try reading='things', preset='dsp' or value_range" in str(warning_of(made(0, mask())))


def test_what_was_asked_for_is_no_surprise() -> None:
    for asked in ({"classes": 1}, {"max_classes": 1}):
        assert warning_of(made(1, labels(**asked), "labels")) is None


def test_the_option_that_lost_everything() -> None:
    small = warning_of(made(0, mask(min_size=90)), lost_to="min_size")
    assert str(small).endswith("with min_size=90; pass a smaller one")
    filled = warning_of(made(1, mask(fill_holes=True)), lost_to="fill_holes")
    assert str(filled).endswith("with fill_holes; leave it out")


def test_one_colour() -> None:
    warning = warning_of(made(0, mask()), flat=True)
    assert "one colour; if it should not be, read it with another value_range" in str(warning)


def test_whoever_calls_the_function_is_warned() -> None:
    def door(found: Segmentation) -> Segmentation:
        return told(found)

    with pytest.warns(EmptyResultWarning) as caught:
        found = segprior.foreground(np.full((16, 16), 7, np.uint8))
    assert Path(caught[0].filename) == Path(__file__)
    assert caught[0].message is found.warning
    with warnings.catch_warnings(record=True) as none:
        assert door(made(0, mask())).warning is None
    assert not none


def paint() -> np.ndarray[Any, Any]:
    image = np.full((64, 64, 3), 60, np.uint8)
    image[24:40, 24:40] = (220, 120, 30)
    return image


def test_masks_that_options_empty_or_fill() -> None:
    image = paint()
    with pytest.warns(EmptyResultWarning, match="min_size=4000; pass a smaller one"):
        found = segprior.foreground(image, min_size=4000)
    assert found.empty
    assert found.to_dict()["empty"] is True
    frame = np.full((64, 64, 3), 200, np.uint8)
    frame[8:-8, 8:-8] = 30
    with pytest.warns(EmptyResultWarning, match="fill_holes; leave it out"):
        found = segprior.foreground(
            frame, preset="dsp", features="image", window=1, invert=True, fill_holes=True
        )
    assert found.labels.all()


def test_labels_that_options_make_one() -> None:
    with pytest.warns(EmptyResultWarning, match="min_size=4000; pass a smaller one"):
        segprior.segment(paint(), edges="image", min_size=4000)
    assert segprior.segment(paint(), edges="image", classes=1).empty  # as asked for


def test_a_hierarchy_of_one_region() -> None:
    with pytest.warns(EmptyResultWarning, match="at every level"):
        segprior.segment_hierarchy(np.full((32, 32), 0.5))


def test_estimators_warn_too() -> None:
    with pytest.warns(EmptyResultWarning, match="one colour"):
        segprior.ForegroundSegmenter().fit(np.full((32, 32), 0.5))
