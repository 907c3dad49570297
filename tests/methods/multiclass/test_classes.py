from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segprior.methods.multiclass.classes import Classes


def test_labels_are_numbered_by_area_unless_a_method_says_how() -> None:
    labels = np.array([[7, 7, 4], [7, 4, 9]], np.int32)
    sure = np.ones((2, 3), np.float32)
    found = Classes(labels=labels, confidence=sure, evidence={})
    np.testing.assert_array_equal(found.numbered(found.labels), [[1, 1, 2], [1, 2, 3]])
    kept = Classes(labels=labels, confidence=sure, evidence={}, numbered=lambda of: of)
    np.testing.assert_array_equal(kept.numbered(kept.labels), labels)


@pytest.mark.parametrize(
    ("labels", "confidence", "match"),
    [
        (np.zeros((2, 3)), np.ones((2, 3)), "whole numbers from 0, .* not float64"),
        (np.full((2, 3), -1), np.ones((2, 3)), "whole numbers from 0"),
        (np.zeros(6, int), np.ones(6), "of shape"),
        (np.zeros((2, 3), int), np.ones((3, 2)), "confidence of shape"),
        (np.zeros((2, 3), int), np.full((2, 3), 1.5), "lie in"),
        (np.zeros((2, 3), int), np.full((2, 3), np.nan), "lie in"),
    ],
)
def test_what_a_method_must_not_give(labels: Any, confidence: Any, match: str) -> None:
    with pytest.raises(TypeError, match=match):
        Classes(labels=labels, confidence=confidence, evidence={})
