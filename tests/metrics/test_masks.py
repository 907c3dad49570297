from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.metrics.masks import MaskScores, accuracy, f_beta, iou, mean_absolute_error

EMPTY, FULL = np.zeros((4, 4), bool), np.ones((4, 4), bool)


@pytest.fixture
def left() -> NDArray[np.bool_]:
    mask = np.zeros((4, 4), bool)
    mask[:, :2] = True
    return mask


def test_the_same_mask_is_perfect(left: NDArray[np.bool_]) -> None:
    for score in (iou, f_beta, accuracy):
        assert score(left, left) == 1
        assert score(left.astype(np.uint8), left.astype(float)) == 1
    assert mean_absolute_error(left, left) == 0


def test_a_blank_prediction(left: NDArray[np.bool_]) -> None:
    assert iou(left, EMPTY) == 0
    assert f_beta(left, EMPTY) == 0
    assert accuracy(left, EMPTY) == 0.5
    assert mean_absolute_error(left, EMPTY) == 0.5


def test_a_full_prediction(left: NDArray[np.bool_]) -> None:
    assert iou(left, FULL) == 0.5
    # precision ½, recall 1
    assert f_beta(left, FULL) == pytest.approx(1.3 * 0.5 / (0.3 * 0.5 + 1))
    assert f_beta(left, FULL, beta2=1) == pytest.approx(2 / 3)
    assert accuracy(left, FULL) == 0.5


def test_the_inverse_is_all_wrong(left: NDArray[np.bool_]) -> None:
    assert iou(left, ~left) == f_beta(left, ~left) == accuracy(left, ~left) == 0
    assert mean_absolute_error(left, ~left) == 1


def test_precision_weighs_more_than_recall(left: NDArray[np.bool_]) -> None:
    quarter = left.copy()
    quarter[2:] = False
    assert f_beta(left, quarter) > f_beta(quarter, left)


def test_nothing_to_find_and_nothing_found_is_perfect() -> None:
    assert iou(EMPTY, EMPTY) == f_beta(EMPTY, EMPTY) == accuracy(EMPTY, EMPTY) == 1
    assert iou(EMPTY, FULL) == f_beta(EMPTY, FULL) == 0


def test_ignored_pixels_do_not_count(left: NDArray[np.bool_]) -> None:
    wrong = left.copy()
    wrong[0] = ~wrong[0]
    ignore = np.zeros((4, 4), bool)
    ignore[0] = True
    for score in (iou, f_beta, accuracy):
        assert score(left, wrong) < 1
        assert score(left, wrong, ignore) == 1
    assert mean_absolute_error(left, wrong, ignore) == 0


def test_a_soft_mask(left: NDArray[np.bool_]) -> None:
    soft = np.where(left, 0.75, 0.25)
    assert mean_absolute_error(left, soft) == 0.25
    scores = MaskScores()
    assert scores.add(left, soft) == {"iou": 1, "f_beta": 1, "accuracy": 1, "mae": 0.25}


def test_the_mean_is_over_images(left: NDArray[np.bool_]) -> None:
    scores = MaskScores()
    assert scores.compute() == {}
    scores.add(left, left)
    scores.add(np.ones((1, 1)), np.zeros((1, 1)))
    assert scores.compute() == {"iou": 0.5, "f_beta": 0.5, "accuracy": 0.5, "mae": 0.5}
    again = MaskScores.from_dict(json.loads(json.dumps(scores.to_dict())))
    assert again.per_image == scores.per_image


@pytest.mark.parametrize(
    ("truth", "prediction", "ignore", "words"),
    [
        (FULL, np.ones((4, 5)), None, r"\(4, 4\), prediction \(4, 5\)"),
        (FULL, FULL, np.zeros((5, 4)), r"ignore \(5, 4\)"),
        (FULL, FULL, FULL, "no pixel"),
        (FULL, 2 * FULL.astype(int), None, "prediction is not"),
        (255 * FULL.astype(int), FULL, None, "truth is not a mask"),
        (np.ones(4), np.ones(4), None, r"\(H, W\)"),
    ],
)
def test_complaints(
    truth: NDArray[np.bool_],
    prediction: NDArray[np.bool_],
    ignore: NDArray[np.bool_] | None,
    words: str,
) -> None:
    for score in (iou, f_beta, accuracy, mean_absolute_error):
        with pytest.raises(ImageError, match=words):
            score(truth, prediction, ignore)


def test_complaints_about_soft_masks() -> None:
    for value in (1.5, -0.1, np.nan):
        with pytest.raises(ImageError, match=r"not in \[0, 1\]"):
            mean_absolute_error(FULL, np.full((4, 4), value))
