from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.steering.evidence import Sides, weigh
from segprior.steering.local_words import LocalWords
from segprior.steering.scene import Scene
from segprior.steering.weights import Weights
from tests.helpers.clicks import FIRST, SECOND, scene, truth


def said(scene: Scene, sides: Sides) -> NDArray[np.float64]:
    weights = Weights()
    first, second = (LocalWords(of, scene.diagonal, weights) for of in (scene.textons, scene.tints))
    return weigh(scene, (first, second), sides, weights).regions[scene.regions]


def marks(*given: tuple[tuple[int, int], int]) -> NDArray[np.int8]:
    found = np.zeros((52, 64), np.int8)
    for place, side in given:
        found[place] = side
    return found


@pytest.fixture(scope="module")
def looked_at() -> Scene:
    return scene()


def test_a_mark_speaks_for_its_disc_most(looked_at: Scene) -> None:
    odds = said(looked_at, Sides(marks=marks((FIRST, 1))))
    of = [odds[truth() == label].mean() for label in (0, 1, 2)]
    assert of[1] > of[2] > of[0]
    assert of[1] > 0 > of[0]


def test_ground_on_the_other_disc_speaks_against_it(looked_at: Scene) -> None:
    before = said(looked_at, Sides(marks=marks((FIRST, 1))))
    after = said(looked_at, Sides(marks=marks((FIRST, 1), (SECOND, -1))))
    assert after[truth() == 2].mean() < before[truth() == 2].mean()


def test_a_box_speaks_for_what_is_in_it_and_not_around_it(looked_at: Scene) -> None:
    inside = np.zeros((52, 64), bool)
    inside[7:33, 5:31] = True
    odds = said(looked_at, Sides(marks=marks(), inside=inside))
    assert odds[truth() == 1].mean() > 0
    assert odds[(truth() == 0) & inside].mean() < 0


def test_a_start_speaks_for_itself(looked_at: Scene) -> None:
    given = Sides(marks=marks((FIRST, 1)))
    both = Sides(marks=marks((FIRST, 1)), start=(truth() > 0).astype(np.float32))
    assert said(looked_at, both)[SECOND] > said(looked_at, given)[SECOND]


def test_marks_of_both_sides_in_one_region_leave_it_open(looked_at: Scene) -> None:
    row, column = np.argwhere(looked_at.regions == looked_at.regions[FIRST])[0].tolist()
    if (row, column) == FIRST:
        pytest.skip("a region of one pixel")
    odds = said(looked_at, Sides(marks=marks((FIRST, 1), ((row, column), -1))))
    assert np.isfinite(odds).all()
