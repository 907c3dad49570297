from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segprior.methods.foreground.decision import Decision, decide_by_share


def test_a_share_is_foreground_above_a_half() -> None:
    mask, sure = decide_by_share(np.array([[[0.0, 0.5, 0.75, 1.0]]], np.float32))
    assert mask.tolist() == [[False, False, True, True]]
    assert sure.tolist() == [[1.0, 0.0, 0.5, 1.0]]


def test_maps_that_are_none_are_refused() -> None:
    wrong: list[Any] = [np.zeros((2, 2), np.float32), np.zeros((1, 2, 2), np.uint8)]
    for maps in wrong:
        with pytest.raises(TypeError, match="maps must be floats"):
            Decision(maps=maps)


def test_more_than_one_map_must_say_how_a_mask_is_made() -> None:
    with pytest.raises(TypeError, match="got 2 maps; say with decide="):
        decide_by_share(np.zeros((2, 3, 3), np.float32))


@pytest.mark.parametrize("wrong", [{"score": 1.5}, {"certainty": 3.0}, {"certainty": -0.1}])
def test_how_sure_the_whole_is_lies_in_0_to_1(wrong: dict[str, float]) -> None:
    with pytest.raises(TypeError, match="give 0 to 1"):
        Decision(maps=np.zeros((1, 2, 2), np.float32), **wrong)  # type: ignore[arg-type]


def test_the_score_is_given_or_the_mean_confidence_times_the_certainty() -> None:
    maps, confidence = np.zeros((1, 2, 2), np.float32), np.array([[1.0, 0.5]], np.float32)
    assert Decision(maps=maps, score=0.25).total(confidence) == 0.25
    assert Decision(maps=maps).total(confidence) == pytest.approx(0.75)
    assert Decision(maps=maps, certainty=0.5).total(confidence) == pytest.approx(0.375)
