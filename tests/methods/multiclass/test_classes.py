from __future__ import annotations

import numpy as np

from segprior.methods.multiclass.classes import Classes


def test_labels_are_numbered_by_area_unless_a_method_says_how() -> None:
    labels = np.array([[7, 7, 4], [7, 4, 9]], np.int32)
    sure = np.ones((2, 3), np.float32)
    found = Classes(labels=labels, confidence=sure, evidence={})
    np.testing.assert_array_equal(found.numbered(found.labels), [[1, 1, 2], [1, 2, 3]])
    kept = Classes(labels=labels, confidence=sure, evidence={}, numbered=lambda of: of)
    np.testing.assert_array_equal(kept.numbered(kept.labels), labels)
