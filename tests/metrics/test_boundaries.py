from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from segprior.errors import ConfigError, ImageError
from segprior.io.formats.bsds import read_annotations
from segprior.metrics import (
    BoundaryScores,
    boundary_counts,
    label_boundaries,
    match_boundaries,
    thin,
)
from tests.helpers.boundaries import TWO_PIXELS, line

VAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "bsds500" / "groundTruth" / "val"


def points(*columns: int, width: int = 100) -> NDArray[np.bool_]:
    row = np.zeros((1, width), bool)
    row[0, list(columns)] = True
    return row


def test_boundaries_lie_left_of_and_above_the_change() -> None:
    labels = np.array([[1, 1, 2], [1, 1, 1], [3, 1, 1]])
    expected = [[0, 1, 1], [1, 0, 0], [1, 0, 0]]
    np.testing.assert_array_equal(label_boundaries(labels), expected)
    assert not label_boundaries(np.full((5, 5), 7)).any()
    assert label_boundaries(np.arange(12).reshape(3, 4)).sum() == 11
    np.testing.assert_array_equal(label_boundaries([[1, 2]]), [[1, 0]])


def test_thinning_leaves_a_line() -> None:
    thick = line(10) | line(11) | line(12)
    thinned = thin(thick)
    assert (thinned <= thick).all()
    assert (thinned.sum(1) <= 1).all()
    assert thinned.sum() >= 36
    np.testing.assert_array_equal(thin(line(3)), line(3))


@pytest.mark.skipif(not VAL.is_dir(), reason="needs shared/data/bsds500")
def test_annotators_boundaries_are_those_of_their_labels() -> None:
    for annotation in read_annotations(min(VAL.glob("*.mat"))):
        np.testing.assert_array_equal(
            thin(label_boundaries(annotation.labels)), annotation.boundaries
        )


@pytest.mark.parametrize(("shift", "share"), [(0, 1), (2, 1), (3, 0)])
def test_pairs_are_near(shift: int, share: float) -> None:
    truth, prediction = line(10), line(10 + shift)
    for found, whole in zip(
        match_boundaries(truth, prediction, TWO_PIXELS), (truth, prediction), strict=True
    ):
        np.testing.assert_array_equal(found, whole & bool(share))


def test_a_pixel_has_one_partner() -> None:
    of_truth, of_prediction = match_boundaries(line(10), line(9) | line(11), TWO_PIXELS)
    assert of_truth.sum() == of_prediction.sum() == 40


def test_as_many_pairs_as_possible_then_as_near_as_possible() -> None:
    one_pixel = 1.01 / np.hypot(1, 100)
    # If 13 took 12, which is as near as 14, then 11 would be left without a partner.
    of_truth, of_prediction = match_boundaries(points(12, 14), points(11, 13), one_pixel)
    assert of_truth.sum() == of_prediction.sum() == 2
    _, of_prediction = match_boundaries(points(12, 50), points(11, 12, 13), one_pixel)
    np.testing.assert_array_equal(of_prediction, points(12))


@pytest.mark.parametrize("seed", range(5))
def test_against_a_dense_assignment(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, prediction = rng.random((2, 24, 32)) < [[[0.1]], [[0.02 + 0.04 * seed]]]
    a, b = np.argwhere(truth), np.argwhere(prediction)
    far = np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1)) > 0.06 * 40
    expected = int((~far[linear_sum_assignment(far)]).sum())
    of_truth, of_prediction = match_boundaries(truth, prediction, 0.06)
    assert of_truth.sum() == of_prediction.sum() == expected
    assert (of_truth <= truth).all()
    assert (of_prediction <= prediction).all()


def test_dense_maps_come_to_an_end() -> None:
    checkers = np.indices((48, 48)).sum(0) % 2 == 0
    of_truth, of_prediction = match_boundaries(checkers, ~checkers, 0.05)
    assert of_truth.sum() == of_prediction.sum() == checkers.sum()


def test_nothing_matches_nothing() -> None:
    empty = np.zeros((40, 30), bool)
    for maps in ((empty, empty), (empty, line(3)), (line(3), empty)):
        assert not any(found.any() for found in match_boundaries(*maps))


def test_counts_are_over_all_annotators() -> None:
    counts = boundary_counts([line(5), line(20)], line(5) | line(12), TWO_PIXELS)
    assert counts == (40, 80, 40, 80)
    counts = boundary_counts([line(5), line(6)], line(5) | line(12), TWO_PIXELS)
    assert counts == (80, 80, 40, 80)


def test_complaints() -> None:
    with pytest.raises(ImageError, match="label_boundaries"):
        match_boundaries(np.full((4, 4), 3), np.ones((4, 4)))
    with pytest.raises(ImageError, match=r"\(40, 30\) and \(4, 4\)"):
        match_boundaries(line(3), np.ones((4, 4)))
    with pytest.raises(ImageError, match=r"\(H, W\)"):
        thin(np.ones(4))
    with pytest.raises(ImageError, match="annotator"):
        boundary_counts([], line(3))
    with pytest.raises(ImageError, match="got 2 boundary maps"):
        BoundaryScores().add([line(3)], [line(3), line(3)])
    with pytest.raises(ConfigError, match="no settings"):
        BoundaryScores([])
    wrong: Any
    for wrong in (-0.1, np.nan, np.inf):
        with pytest.raises(ConfigError, match="diagonal"):
            BoundaryScores(max_distance=wrong)
        with pytest.raises(ConfigError, match="diagonal"):
            match_boundaries(line(3), line(3), wrong)
