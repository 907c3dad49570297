from __future__ import annotations

import numpy as np

from segprior.image.pyramid import Pyramid
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.foreground.instances.number import number_pieces, number_things
from tests.helpers.things import discs


def test_pieces_are_numbered_by_sides_and_corners() -> None:
    mask = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 0]], np.uint8)
    confidence = np.array([[0.2, 1, 1, 1], [1, 0.4, 1, 0.8], [1, 1, 1, 1]], np.float32)
    found = number_pieces(mask, confidence)
    assert found.labels.tolist() == [[1, 0, 0, 2], [0, 1, 0, 2], [0, 0, 0, 0]]
    assert found.score == np.float32((0.3 + 0.9) / 2)
    assert found.confidence is confidence
    nothing = number_pieces(0 * mask, confidence)
    assert (nothing.labels.max(), nothing.score, nothing.diameter) == (0, 0, 0)


def test_things_have_one_confidence_and_the_ground_that_of_the_mask() -> None:
    image, truth = discs()
    mask = (truth > 0).astype(np.uint8)
    mask[110:115, 5:10] = 1  # what turns out to be no thing
    confidence = np.full(truth.shape, 0.9, np.float32)
    config = ForegroundConfig(instances=True)
    found = number_things(Pyramid(image), mask, confidence, config)
    for number in range(1, 8):
        assert len(np.unique(found.confidence[found.labels == number])) == 1
    outside = found.confidence[(found.labels == 0) & (mask == 0)]
    np.testing.assert_allclose(outside, 0.9)
    np.testing.assert_allclose(found.confidence[112, 7], 0.1, rtol=1e-5)
    assert 0 < found.score <= 1
    assert found.confidence.dtype == np.float32
