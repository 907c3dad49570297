from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from segprior.metrics import BoundaryCounts, BoundaryScores, boundary_counts
from tests.helpers.boundaries import TWO_PIXELS, line


def test_precision_recall_and_f() -> None:
    scores = BoundaryScores(max_distance=TWO_PIXELS)
    assert scores.compute() == {}
    scores.add([line(5), line(20)], [line(5)])
    found = scores.compute()
    assert found == pytest.approx({"precision": 1, "recall": 1 / 2, "f": 2 / 3})
    labels = np.zeros((40, 30), int)
    labels[:, 6:] = 1
    other = BoundaryScores(max_distance=TWO_PIXELS)
    assert other.add_labels([line(5), line(20)], [labels]) == scores.per_image[0]
    blank = BoundaryScores()
    blank.add([line(5)], [np.zeros((40, 30), bool)])
    assert blank.compute() == {"precision": 0, "recall": 0, "f": 0}


@pytest.fixture
def several() -> BoundaryScores:
    """One image whose best threshold is the lower one, one whose best is the higher."""
    scores = BoundaryScores([0.25, 0.75], TWO_PIXELS)
    scores.add_soft([line(5) | line(20)], np.where(line(5), 0.9, np.where(line(20), 0.25, 0)))
    scores.add_soft([line(5)], np.where(line(5), 0.9, np.where(line(20), 0.25, 0)))
    return scores


def test_over_several_thresholds(several: BoundaryScores) -> None:
    np.testing.assert_allclose(several.curve(), [[3 / 4, 1, 6 / 7], [1, 2 / 3, 4 / 5]])
    best = several.best_of_images()
    np.testing.assert_allclose(best, [[0.25, 1, 1, 1], [0.75, 1, 1, 1]])
    found = several.compute()
    assert [found[f"{name}_ois"] for name in ("precision", "recall", "f")] == [1, 1, 1]
    # Between the two thresholds F may be better than at either.
    share = np.linspace(0, 1, 100)
    precision, recall = 3 / 4 + share / 4, 1 - share / 3
    f = 2 * precision * recall / (precision + recall)
    assert found["f_ods"] == pytest.approx(f.max())
    assert found["f_ods_setting"] == pytest.approx(0.25 + share[f.argmax()] / 2)
    # Precision falls from 1 to ¾ over the hundredths of recall from .67 to 1.
    recall = np.arange(67, 101) / 100
    assert found["ap"] == pytest.approx((1 - (recall - 2 / 3) * 3 / 4).sum() / 100)


def test_scores_survive_json(several: BoundaryScores) -> None:
    again = BoundaryScores.from_dict(json.loads(json.dumps(several.to_dict())))
    assert again.compute() == several.compute()


def test_a_map_like_the_one_before_is_paired_once(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = BoundaryScores([1, 2, 3, 4], TWO_PIXELS)
    paired = []

    def counting(*arguments: Any) -> BoundaryCounts:
        paired.append(arguments)
        return boundary_counts(*arguments)

    monkeypatch.setattr("segprior.metrics.curves.boundary_counts", counting)
    image = scores.add([line(5)], [line(5) | line(20), line(5), line(5), line(20)])
    assert len(paired) == 3
    assert image["matched_prediction"] == [40, 40, 40, 0]
    assert image["prediction"] == [80, 40, 40, 40]
