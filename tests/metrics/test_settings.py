from __future__ import annotations

import json

import numpy as np
import pytest

from segprior.errors import ConfigError, ImageError
from segprior.metrics import RegionScores, SettingScores

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
    several, single = SettingScores([0]), RegionScores()
    for _ in range(3):
        truth, prediction = rng.integers(0, 4, (2, 8, 9))
        several.add([truth], [prediction])
        single.add([truth], prediction)
    for name in ("sc", "pri", "voi"):
        assert several.compute()[f"{name}_ods"] == pytest.approx(single.compute()[name])
        assert several.compute()[f"{name}_ois"] == pytest.approx(single.compute()[name])


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
