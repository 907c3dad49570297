from __future__ import annotations

import numpy as np
import pytest

from segprior.config.steering import PredictorConfig
from segprior.steering.api import prepare
from segprior.steering.marks import as_marks
from segprior.steering.steerer import Steerer
from tests.helpers.clicks import FIRST, SECOND, discs, truth


@pytest.fixture(scope="module")
def steerer() -> Steerer:
    return prepare(discs(), PredictorConfig(), 0)


def test_several_objects_and_ground(steerer: Steerer) -> None:
    marks = as_marks((52, 64), points=[FIRST, SECOND, (2, 60)], labels=[1, 2, 0])
    labels, confidence = steerer.find(marks)
    assert labels.dtype == np.int32
    assert confidence.dtype == np.float32
    assert (labels != truth()).mean() < 0.02
    assert confidence.min() >= 0
    assert confidence[FIRST] == confidence[SECOND] == confidence[2, 60] == 1


def test_without_ground_objects_share_the_image(steerer: Steerer) -> None:
    marks = as_marks((52, 64), points=[FIRST, SECOND, (2, 60), (50, 2)], labels=[5, 5, 9, 9])
    labels, _ = steerer.find(marks)
    assert np.unique(labels).tolist() == [5, 9]
    assert ((labels == 5) != (truth() > 0)).mean() < 0.03


def test_a_label_other_than_1(steerer: Steerer) -> None:
    labels, _ = steerer.find(as_marks((52, 64), points=[FIRST], labels=[3]))
    assert np.unique(labels).tolist() == [0, 3]


def test_a_box_and_a_start(steerer: Steerer) -> None:
    labels, _ = steerer.find(as_marks((52, 64), box=(7, 5, 33, 31)))
    assert (labels != (truth() == 1)).mean() < 0.03
    labels, _ = steerer.find(as_marks((52, 64), mask=truth() == 2))
    assert (labels != (truth() == 2)).mean() < 0.03


def test_a_box_smaller_than_a_pixel_of_the_working_size() -> None:
    large = prepare(discs((104, 128)), PredictorConfig(working_size=16), 0)
    labels, _ = large.find(as_marks((104, 128), box=(103, 127, 104, 128)))
    assert labels.shape == (104, 128)
