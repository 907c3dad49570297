from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.formats.bsds import read_annotations
from segprior.metrics.regions import (
    RegionScores,
    best_ious,
    components,
    covering,
    cut_hierarchy,
    rand_index,
    variation_of_information,
)
from tests.helpers.label_maps import random_map

VAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "bsds500" / "groundTruth" / "val"

BLANK = np.zeros((4, 4), int)
HALVES = np.repeat([[1, 1, 2, 2]], 4, axis=0)
# The right half cut into an upper and a lower part.
SPLIT = HALVES.copy()
SPLIT[2:, 2:] = 3


def four(truth: NDArray[Any], prediction: NDArray[Any]) -> tuple[float, float, float, float]:
    return (
        float(best_ious(truth, prediction).mean()),
        covering(truth, prediction),
        rand_index(truth, prediction),
        variation_of_information(truth, prediction),
    )


# Of the 120 pairs among 16 pixels, the halves keep 2 · 28 together and a further split parts 16.
@pytest.mark.parametrize(
    ("truth", "prediction", "scores"),
    [
        (HALVES, HALVES, (1, 1, 1, 0)),
        (HALVES, BLANK, (1 / 2, 1 / 2, 56 / 120, 1)),
        (BLANK, HALVES, (1 / 2, 1 / 2, 56 / 120, 1)),
        (HALVES, SPLIT, (3 / 4, 3 / 4, 1 - 16 / 120, 1 / 2)),
        (SPLIT, HALVES, (2 / 3, 3 / 4, 1 - 16 / 120, 1 / 2)),
        (HALVES, HALVES.T, (1 / 3, 1 / 3, 56 / 120, 2)),
        (HALVES, np.arange(16).reshape(4, 4), (1 / 8, 1 / 8, 64 / 120, 3)),
    ],
    ids=["same", "blank", "blank truth", "one split", "one merged", "crossed", "every pixel"],
)
def test_closed_forms(
    truth: NDArray[Any], prediction: NDArray[Any], scores: tuple[float, ...]
) -> None:
    assert four(truth, prediction) == pytest.approx(scores)


def test_names_of_labels_do_not_matter() -> None:
    truth, prediction = random_map(0), random_map(1)
    for names in (
        np.array([3, 1, 4, 0, 2]),
        np.array([-7, 2**40, 0, -(2**50), 9]),
        np.array([2**64 - 1, 2**64 - 3, 2**64 - 2, 2**64 - 9, 2**64 - 5], np.uint64),
        np.array([-128, 127, 0, 3, -5], np.int8),
    ):
        renamed = names[prediction]
        assert four(truth, renamed) == pytest.approx(four(truth, prediction))
        assert four(renamed, truth) == pytest.approx(four(prediction, truth))


def test_against_the_definitions() -> None:
    truth, prediction = random_map(2, (5, 6), 3), random_map(3, (5, 6), 4)
    pairs = list(combinations(range(truth.size), 2))
    a, b = truth.ravel(), prediction.ravel()
    agree = [(a[i] == a[j]) == (b[i] == b[j]) for i, j in pairs]
    assert rand_index(truth, prediction) == pytest.approx(np.mean(agree))
    best = [
        max(
            ((truth == t) & (prediction == p)).sum() / ((truth == t) | (prediction == p)).sum()
            for p in np.unique(prediction)
        )
        for t in np.unique(truth)
    ]
    np.testing.assert_allclose(best_ious(truth, prediction, connected=False), best)
    assert covering(truth, prediction) == pytest.approx(
        sum(np.mean(truth == t) * value for t, value in zip(np.unique(truth), best, strict=True))
    )


def test_components_touch_by_sides() -> None:
    labels = np.array([[0, 0, 7], [7, 7, 0], [7, 0, 0]])
    np.testing.assert_array_equal(components(labels), [[1, 1, 2], [3, 3, 4], [3, 4, 4]])
    np.testing.assert_array_equal(components(BLANK), np.ones((4, 4)))
    checkers = np.indices((6, 7)).sum(0) % 2
    assert components(checkers).max() == 42


def test_pieces_of_a_label_are_segments_only_if_connected() -> None:
    truth = np.repeat([[1, 1, 2, 2, 3, 3]], 3, axis=0)
    prediction = np.repeat([[0, 0, 1, 1, 0, 0]], 3, axis=0)
    np.testing.assert_allclose(best_ious(truth, prediction), [1, 1, 1])
    np.testing.assert_allclose(best_ious(truth, prediction, connected=False), [1 / 2, 1, 1 / 2])
    apart, together = RegionScores(), RegionScores(connected=False)
    for scores, miou, segments in ((apart, 1, 3), (together, 2 / 3, 2)):
        found = scores.add([truth], prediction)
        assert found["miou"] == pytest.approx(miou)
        assert found["segments"] == segments
        assert found["sc"] == pytest.approx(2 / 3)


def test_pooling_is_over_segments_of_all_images_and_annotators() -> None:
    scores = RegionScores()
    assert scores.compute() == {}
    scores.add([BLANK, HALVES, SPLIT], BLANK)  # one, two and three segments
    scores.add([HALVES, HALVES], HALVES)
    found = scores.compute()
    assert found["miou_all"] == pytest.approx((1 + 1 + 1 + 4) / (6 + 4))
    assert found["miou_fine"] == pytest.approx((1 + 2) / (3 + 2))
    assert found["miou_coarse"] == pytest.approx((1 + 2) / (1 + 2))
    assert found["miou"] == pytest.approx((0.7 + 0.6 + 1) / 3)
    assert found["segments"] == 1.5
    assert found["sc"] == pytest.approx(((1 + 1 / 2 + 3 / 8) / 3 + 1) / 2)
    assert found["voi"] == pytest.approx((0 + 1 + 1.5) / 3 / 2)
    assert scores.per_image[0]["miou_fine"] == pytest.approx(1 / 3)
    assert scores.per_image[1]["miou"] == 1


def test_scores_survive_json_and_can_be_put_together() -> None:
    whole, first, second = RegionScores(), RegionScores(), RegionScores()
    for number, part in enumerate((first, first, second)):
        truths, prediction = [random_map(number), random_map(number + 3)], random_map(number + 6)
        whole.add(truths, prediction)
        part.add(truths, prediction)
    stored = json.loads(json.dumps(first.to_dict()))
    stored["images"] += second.to_dict()["images"]
    assert RegionScores.from_dict(stored).compute() == whole.compute()


def test_a_hierarchy_is_cut_above_the_threshold() -> None:
    ucm2 = np.zeros((7, 9))
    ucm2[:, 4] = 0.5
    ucm2[2, 5:] = 0.25
    np.testing.assert_array_equal(cut_hierarchy(ucm2, 0.5), np.ones((3, 4)))
    np.testing.assert_array_equal(cut_hierarchy(ucm2, 0.3), [[1, 1, 2, 2]] * 3)
    fine = cut_hierarchy(ucm2, 0.1)
    np.testing.assert_array_equal(fine, [[1, 1, 2, 2], [1, 1, 3, 3], [1, 1, 3, 3]])
    for shape in ((6, 9), (9,), (1, 1)):
        with pytest.raises(ImageError, match="double size"):
            cut_hierarchy(np.zeros(shape), 0.5)


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((4, 4)), np.zeros(16, int), np.zeros((4, 4, 1), int), np.zeros((0, 4), int)],
    ids=["fractions", "one axis", "three axes", "no pixels"],
)
def test_complaints(wrong: NDArray[Any]) -> None:
    for score in (best_ious, covering, rand_index, variation_of_information):
        with pytest.raises(ImageError, match="whole numbers"):
            score(HALVES, wrong)
    with pytest.raises(ImageError, match="whole numbers"):
        components(wrong)


def test_more_complaints() -> None:
    with pytest.raises(ImageError, match=r"\(4, 4\) and \(5, 5\)"):
        covering(HALVES, np.zeros((5, 5), int))
    with pytest.raises(ImageError, match="annotator"):
        RegionScores().add([], HALVES)
    with pytest.raises(ImageError, match="pairs"):
        rand_index([[1]], [[1]])


@pytest.mark.skipif(not VAL.is_dir(), reason="needs shared/data/bsds500")
def test_a_blank_prediction_scores_annotators_by_segments() -> None:
    """The shares of a map's segments add up to 1, whatever they are."""
    scores = RegionScores()
    numbers = []
    for path in sorted(VAL.glob("*.mat"))[::20]:
        truths = [annotation.labels for annotation in read_annotations(path)]
        scores.add(truths, np.zeros_like(truths[0]))
        numbers.append([len(np.unique(truth)) for truth in truths])
    found = scores.compute()
    assert len(numbers) >= 5
    assert found["miou_all"] == pytest.approx(sum(map(len, numbers)) / sum(map(sum, numbers)))
    assert found["miou_fine"] == pytest.approx(len(numbers) / sum(map(max, numbers)))
    assert found["miou_coarse"] == pytest.approx(len(numbers) / sum(map(min, numbers)))
