from __future__ import annotations

import json

import numpy as np
import pytest

from segprior.errors import ConfigError, ImageError
from segprior.metrics import RegionScores, SettingScores, cut_tables

BLANK = np.zeros((4, 4), int)
HALVES = np.repeat([[1, 1, 2, 2]], 4, axis=0)
SPLIT = HALVES.copy()
SPLIT[2:, 2:] = 3


def test_the_best_setting_of_all_of_each_and_of_each_segment() -> None:
    scores = SettingScores([10, 20])
    assert scores.compute() == {}
    scores.add([HALVES], [HALVES, BLANK])  # covering 1 and ½
    scores.add([BLANK, BLANK], [SPLIT, BLANK])  # covering ½ and 1; twice the pixels
    found = scores.compute()
    assert scores.curve("sc") == pytest.approx([(1 + 2 * 0.5) / 3, (0.5 + 2 * 1) / 3])
    assert found["sc_ods"] == pytest.approx(2.5 / 3)
    assert found["sc_ods_setting"] == 20
    assert found["sc_ois"] == found["sc_best"] == 1
    # PRI and VoI do not weigh images by their annotators.
    assert scores.curve("voi") == pytest.approx([(0 + 1.5) / 2, (1 + 0) / 2])
    assert (found["voi_ods"], found["voi_ods_setting"], found["voi_ois"]) == (0.5, 20, 0)
    assert found["pri_ods"] == pytest.approx((56 / 120 + 1) / 2)
    assert found["pri_ois"] == 1


def test_the_best_of_each_segment_may_mix_settings() -> None:
    truth = np.repeat([[1, 1, 1, 1, 2, 2, 3, 3]], 2, axis=0)
    left = np.repeat([[1, 1, 1, 1, 2, 2, 2, 2]], 2, axis=0)
    right = np.repeat([[1, 1, 1, 1, 1, 1, 3, 3]], 2, axis=0)
    scores = SettingScores([1, 2])
    scores.add([truth], [left, right])
    found = scores.compute()
    assert found["sc_ois"] == pytest.approx((4 * 1 + 2 / 2 + 2 / 2) / 8)
    assert found["sc_best"] == pytest.approx((4 * 1 + 2 / 2 + 2 * 1) / 8)
    assert scores.per_image[0]["sc_back"][0] == pytest.approx((4 * 1 + 4 * 0.5) / 8)


def test_one_setting_and_one_annotator_agree_with_a_single_label_map() -> None:
    rng = np.random.default_rng(0)
    several, single, whole = SettingScores([0]), RegionScores(), RegionScores(connected=False)
    for _ in range(3):
        truth, prediction = rng.integers(0, 4, (2, 8, 9))
        several.add([truth], [prediction])
        single.add([truth], prediction)
        whole.add([truth], prediction)
    for name in ("sc", "pri", "voi"):
        assert several.compute()[f"{name}_ods"] == pytest.approx(single.compute()[name])
        assert several.compute()[f"{name}_ois"] == pytest.approx(single.compute()[name])
    assert several.compute()["miou_ods"] == pytest.approx(whole.compute()["miou"])


def test_the_mean_iou_is_pooled_over_the_segments_of_all_images() -> None:
    scores = SettingScores([1, 2])
    scores.add([HALVES, BLANK], [BLANK, HALVES])
    scores.add([BLANK], [BLANK, BLANK])
    # All segments, those of the annotator with most, and with fewest: at setting 1 the halves have
    # ½ each, and the two blanks 1; at setting 2 the halves have 1 and the first blank ½.
    expected = [(3 / 4 + 2 / 3 + 1) / 3, (3.5 / 4 + 1 + 1.5 / 2) / 3]
    assert scores.curve("miou") == pytest.approx(expected)
    assert scores.curve("segments").tolist() == [1, 1.5]
    found = scores.compute()
    assert found["miou_ods"] == pytest.approx(expected[1])
    assert found["miou_ods_setting"] == 2


def test_scores_survive_json() -> None:
    scores = SettingScores([0.5, 1])
    scores.add([HALVES, SPLIT], [SPLIT, BLANK])
    again = SettingScores.from_dict(json.loads(json.dumps(scores.to_dict())))
    assert again.compute() == scores.compute()


def test_complaints() -> None:
    with pytest.raises(ConfigError, match="no settings"):
        SettingScores([])
    scores = SettingScores([1, 2])
    with pytest.raises(ImageError, match="got 1 label maps"):
        scores.add([HALVES], [HALVES])
    with pytest.raises(ImageError, match="annotator"):
        scores.add([], [HALVES, HALVES])
    scores.add([HALVES], [HALVES, BLANK])
    with pytest.raises(ConfigError, match="'iou'"):
        scores.curve("iou")


# Four columns of two pixels each, and the order in which they become one: the two on the left at
# 1, the two on the right at 2, and all at 3.
REGIONS = np.repeat([[0, 1, 2, 3]], 2, axis=0)
MERGES, COSTS = [[0, 1], [2, 3], [0, 2]], [1.0, 2.0, 3.0]


def test_a_hierarchy_by_hand() -> None:
    scores = SettingScores([0.5, 1, 2, 3])
    truth = np.repeat([[1, 1, 2, 2]], 2, axis=0)
    image = scores.add_hierarchy([truth], REGIONS, MERGES, COSTS)
    # Each half of 4 pixels is covered by ½ until its two columns are one, at last by ½ of all.
    assert image["sc"] == [0.5, 0.75, 1, 0.5]
    # Of 28 pairs of pixels 12 are in one half, of which 4, 8 and 12 are in one segment.
    assert image["pri"] == pytest.approx([1 - 8 / 28, 1 - 4 / 28, 1, 1 - 16 / 28])
    assert image["voi"] == pytest.approx([1, 0.5, 0, 1])
    assert image["sc_best"] == 1
    assert image["segments"] == [4, 3, 2, 1]
    found = scores.compute()
    assert (found["sc_ods"], found["sc_ods_setting"], found["sc_ois"]) == (1, 2, 1)


def test_a_hierarchy_scores_as_its_cuts_do() -> None:
    rng = np.random.default_rng(1)
    truths = list(rng.integers(0, 5, (3, 12, 13)))
    # Region 7 has no pixel, as may be after an image was reduced.
    regions = rng.choice([0, 1, 2, 3, 4, 5, 6, 8], (12, 13))
    merges = [[7, 8], [2, 5], [2, 7], [0, 6], [1, 2], [0, 1], [3, 4], [0, 3]]
    settings = [0.0, 1.0, 2.5, 4.0, 9.0]
    one, other = SettingScores(settings), SettingScores(settings)
    one.add_hierarchy(truths, regions, merges, np.arange(1.0, 9.0))
    tables = cut_tables(merges, np.arange(1.0, 9.0), settings)
    other.add(truths, [table[regions] for table in tables])
    assert one.per_image == other.per_image


def test_complaints_about_hierarchies() -> None:
    scores = SettingScores([1, 2])
    with pytest.raises(ImageError, match="annotator"):
        scores.add_hierarchy([], REGIONS, MERGES, COSTS)
    with pytest.raises(ImageError, match=r"tables of shape \(1, 4\)"):
        scores.add_tables([REGIONS], REGIONS, [[0, 1, 2, 3]])
    with pytest.raises(ImageError, match="regions from 1 to 4, but tables of 4"):
        scores.add_hierarchy([REGIONS], REGIONS + 1, MERGES, COSTS)
    with pytest.raises(ImageError, match="shapes"):
        scores.add_hierarchy([REGIONS[:1]], REGIONS, MERGES, COSTS)
    assert not scores.per_image
