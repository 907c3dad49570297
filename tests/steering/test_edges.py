from __future__ import annotations

import numpy as np

from segprior.steering.answer import Answer
from segprior.steering.api import stored
from segprior.steering.edges import follow_edges, nearest
from segprior.steering.marks import as_marks
from segprior.steering.weights import Weights
from tests.helpers.clicks import discs, truth


def test_a_map_is_enlarged_by_repeating() -> None:
    small = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(nearest(small, (4, 6)), small.repeat(2, 0).repeat(2, 1))


def test_the_boundary_is_found_again_at_full_size() -> None:
    shape = (52 * 8, 64 * 8)
    image, wanted = stored(discs(shape)), truth(shape) == 1
    small = truth() == 1
    small[:-1] |= small[1:]  # the boundary above the disc is a pixel, eight at full size, too high
    marks = as_marks(shape, points=[(160, 144)])
    answer = Answer(small, np.where(small, np.float32(0.3), np.float32(-0.3)))
    found = follow_edges(answer, image, marks, 1, Weights())
    assert (found != wanted).mean() < (nearest(small, shape) != wanted).mean() / 3


def test_marks_hold_at_full_size() -> None:
    shape = (52 * 4, 64 * 4)
    small = truth() == 1
    points = [(80, 72), (84, 80), (5, 5)]
    marks = as_marks(shape, points=points, labels=[1, 0, 1])
    answer = Answer(small, np.where(small, np.float32(3), np.float32(-3)))
    found = follow_edges(answer, stored(discs(shape)), marks, 1, Weights())
    assert [bool(found[place]) for place in points] == [True, False, True]
