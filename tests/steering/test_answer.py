from __future__ import annotations

import numpy as np

from segprior.steering.answer import links_of, tidy
from segprior.steering.evidence import Sides
from segprior.steering.steerer import Steerer
from segprior.steering.weights import Weights
from tests.helpers.clicks import FIRST, scene, truth


def test_links_are_dear_where_neighbours_are_alike() -> None:
    links = links_of(np.array([[[0, 1, 4, 100]]], np.float32), Weights())[0, 0]
    assert links[0] > links[1] > links[2] > links[3] > 0


def test_one_mark_finds_its_disc_and_says_so_of_each_pixel() -> None:
    looked_at = scene()
    marks = np.zeros((52, 64), np.int8)
    marks[FIRST] = 1
    found = Steerer(looked_at, np.zeros((52, 64, 3), np.uint16), Weights()).one(Sides(marks=marks))
    assert (found.mask != (truth() == 1)).mean() < 0.01
    assert ((found.odds > 0) == found.mask)[truth() == 1].mean() > 0.95
    assert found.odds[FIRST] > 1000


def test_a_mark_is_kept_against_all_that_speaks() -> None:
    looked_at = scene()
    marks = np.zeros((52, 64), np.int8)
    marks[FIRST], marks[FIRST[0] + 2, FIRST[1] + 2] = 1, -1
    found = Steerer(looked_at, np.zeros((52, 64, 3), np.uint16), Weights()).one(Sides(marks=marks))
    assert found.mask[FIRST]
    assert not found.mask[FIRST[0] + 2, FIRST[1] + 2]


def test_pieces_that_nothing_marks_are_dropped_and_small_holes_filled() -> None:
    mask = np.zeros((30, 40), bool)
    mask[2:20, 2:20] = mask[2:20, 25:38] = True
    mask[5, 5] = mask[10, 10] = False
    marks = np.zeros((30, 40), np.int8)
    marks[3, 3] = 1
    marks[10, 10] = -1
    expected = np.zeros((30, 40), bool)
    expected[2:20, 2:20] = True
    expected[10, 10] = False
    np.testing.assert_array_equal(tidy(mask, marks, 0.02), expected)


def test_without_marks_large_pieces_stay() -> None:
    mask = np.zeros((30, 40), bool)
    mask[2:20, 2:20] = mask[2:20, 25:38] = mask[28, 38] = True
    found = tidy(mask, np.zeros((30, 40), np.int8), 0.02)
    assert found[3, 3]
    assert found[3, 26]
    assert not found[28, 38]
    assert not tidy(np.zeros((5, 5), bool), np.zeros((5, 5), np.int8), 0.02).any()
