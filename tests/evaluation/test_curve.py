from __future__ import annotations

from typing import Any

import pytest

from segprior.evaluation.curve import curve_of, ends_of, scores_of
from segprior.evaluation.cuts import Cuts

CUTS = Cuts(regions=(1.0, 2.0, 3.0), boundaries=(1.5, 2.5))


def result(
    sc: list[float], voi: list[float], found: list[int] | None, pixels: int = 100
) -> dict[str, Any]:
    """As of one image, with 10 boundary pixels drawn and 10 predicted at each threshold."""
    return {
        "seconds": 1.0, "cpu_seconds": 1.0, "score": None,
        "cuts": {
            "sc": sc, "pri": [0.5, 0.75, 0.5], "voi": voi, "sc_back": sc, "segments": [9, 4, 1],
            "ious": [[3.0, 2.0, 1.0], [1.5, 1.0, 0.5], [0.0] * 3], "counts": [6, 4, 2],
            "pixels": pixels, "sc_best": max(sc),
        },
        "boundaries": found and {
            "matched_truth": found, "truth": [10] * 2, "matched_prediction": found,
            "prediction": [10] * 2,
        },
    }  # fmt: skip


ONE = result([0.2, 0.8, 0.4], [2.0, 1.0, 1.5], [4, 8])
OTHER = result([0.6, 0.5, 0.1], [1.0, 2.0, 0.5], [6, 2], pixels=300)


def test_the_best_of_all_and_of_each() -> None:
    found = scores_of([ONE, OTHER], CUTS)
    assert found["sc_ods"] == pytest.approx((0.8 + 3 * 0.5) / 4)
    assert found["sc_ois"] == found["sc_best"] == pytest.approx((0.8 + 3 * 0.6) / 4)
    assert (found["threshold"], found["segments"]) == (2, 4)
    assert (found["pri_ods"], found["pri_ois"]) == (0.75, 0.75)
    assert (found["voi_ods"], found["voi_ois"]) == (1.0, 0.75)
    assert found["miou_ods"] == pytest.approx(0.5)
    assert (found["f_ods"], found["f_ois"]) == (pytest.approx(0.5), pytest.approx(0.7))
    assert found["ap"] == 0  # a curve of one point has no area
    assert "f_ods" not in scores_of([ONE, OTHER | {"boundaries": None}], CUTS)


def test_a_curve_has_a_value_for_each_threshold() -> None:
    curve = curve_of([ONE, OTHER], CUTS)
    assert curve["thresholds"] == [1, 2, 3]
    assert curve["sc"] == pytest.approx([(0.2 + 1.8) / 4, 2.3 / 4, 0.7 / 4])
    assert curve["voi"] == pytest.approx([1.5, 1.5, 1])
    assert curve["segments"] == [9, 4, 1]
    assert curve["boundary_thresholds"] == [1.5, 2.5]
    assert curve["recall"] == curve["precision"] == curve["f"] == pytest.approx([0.5, 0.5])
    assert set(curve_of([ONE | {"boundaries": None}], CUTS)) == {
        "thresholds", "sc", "pri", "voi", "miou", "segments"
    }  # fmt: skip


def test_what_is_best_at_an_end_of_the_curve() -> None:
    assert ends_of(curve_of([ONE | {"boundaries": None}], CUTS)) == []
    assert ends_of(curve_of([ONE], CUTS)) == ["F"]
    assert ends_of(curve_of([OTHER], CUTS)) == ["SC", "VoI", "F"]


def test_images_cut_by_number_meet_at_thresholds() -> None:
    cuts = Cuts(regions=(9, 4, 1), boundaries=(9, 1), by_number=True)
    rows = []
    for one, costs in ((ONE, [1.0, 4.0, 8.0]), (OTHER, [2.0, 3.0, 6.0])):
        rows.append(
            {
                **one,
                "cuts": one["cuts"] | {"costs": costs},
                "boundaries": one["boundaries"] | {"costs": costs[1:]},
            }
        )
    curve = curve_of(rows, cuts)
    assert curve["thresholds"] == [1, 2, 3, 4, 6, 8]
    assert curve["boundary_thresholds"] == [3, 4, 6, 8]
    # At 1 the other is at its first cut already, as there is none before; at 3 it is at its second,
    # the first still at its first.
    first, other = [0.2, 0.2, 0.2, 0.8, 0.8, 0.4], [0.6, 0.6, 0.5, 0.5, 0.1, 0.1]
    expected = [(a + 3 * b) / 4 for a, b in zip(first, other, strict=True)]
    assert curve["sc"] == pytest.approx(expected)
    assert curve["segments"] == [9, 9, 6.5, 4, 2.5, 1]
    assert curve["recall"] == pytest.approx([10 / 20, 10 / 20, 6 / 20, 10 / 20])
    found = scores_of(rows, cuts)
    assert (found["threshold"], found["segments"]) == (4, 4)
    assert found["sc_ods"] == pytest.approx(2.3 / 4)
    assert found["sc_ois"] == found["sc_best"] == pytest.approx((0.8 + 3 * 0.6) / 4)
