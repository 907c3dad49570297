from __future__ import annotations

import numpy as np
import pytest

from segprior.config.steering import PredictorConfig
from segprior.steering.api import prepare, respond, stored
from segprior.steering.marks import as_marks
from tests.helpers.clicks import FIRST, SECOND, discs


def test_images_are_kept_in_16_bits() -> None:
    values = np.arange(65536, dtype=np.float32).reshape(256, 256, 1) / np.float32(65535)
    np.testing.assert_array_equal(stored(values).ravel(), np.arange(65536))


@pytest.mark.parametrize(("labels", "kind"), [([1, 0], "mask"), ([1, 2], "labels")])
def test_a_mask_or_a_label_map(labels: list[int], kind: str) -> None:
    config = PredictorConfig()
    marks = as_marks((52, 64), points=[FIRST, SECOND], labels=labels)
    found = respond(prepare(discs(), config, 0), marks, config, 0)
    assert found.kind == kind
    assert found.labels.dtype == (np.uint8 if kind == "mask" else np.int32)
    assert 0 < found.score <= 1
    assert found.evidence["marks"] == 2
    inside = found.labels > 0
    assert found.score == pytest.approx(found.confidence[inside].mean(), rel=1e-5)
