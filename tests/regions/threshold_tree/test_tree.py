from __future__ import annotations

import numpy as np
import pytest

from segprior.regions.threshold_tree.measures import MEASURES, Level
from segprior.regions.threshold_tree.tree import ThresholdTree, grow, typical_radius
from tests.helpers.things import discs


@pytest.fixture(scope="module")
def tree() -> ThresholdTree:
    values = discs(noise=0)[0][..., 0].astype(np.float64)
    # One of those that are alone holds a brighter thing.
    values[78:83, 58:63] = 1
    level = Level(values=values, slope=np.ones(values.shape), low=0.1, span=0.9)
    return grow(level, [0.2, 0.5, 0.9])


def test_children_lie_in_their_parents_and_have_no_common_pixel(tree: ThresholdTree) -> None:
    for node in range(len(tree)):
        above = tree.part_of[node] if tree.part_of[node] >= 0 else tree.inside[node]
        if above >= 0:
            assert np.isin(tree.of(node), tree.of(int(above))).all()
    for above in range(len(tree)):
        parts = np.flatnonzero(tree.part_of == above)
        if len(parts):
            together = np.concatenate([tree.of(int(node)) for node in parts])
            assert sorted(together.tolist()) == sorted(tree.of(above).tolist())


def test_pieces_and_parts_of_each_threshold(tree: ThresholdTree) -> None:
    whole = tree.part_of < 0
    assert [(whole & (tree.step == step)).sum() for step in range(3)] == [5, 5, 1]
    assert [(~whole & (tree.step == step)).sum() for step in range(3)] == [4, 4, 0]
    (brightest,) = np.flatnonzero(tree.step == 2)
    assert len(tree.of(int(brightest))) == 25
    assert tree.step[tree.inside[brightest]] == 1
    assert (tree.inside[tree.step == 0] == -1).all()
    area = tree.measures[:, MEASURES.index("area")]
    assert area.tolist() == [len(tree.of(node)) for node in range(len(tree))]


def test_nothing_above_gives_an_empty_tree() -> None:
    flat = np.zeros((9, 9))
    tree = grow(Level(values=flat, slope=flat, low=0.0, span=1.0), [0.5])
    assert len(tree) == 0
    assert tree.measures.shape == (0, len(MEASURES))


def test_the_typical_radius_is_that_of_most_peaks() -> None:
    from scipy import ndimage

    labels = discs(radius=8)[1]
    assert typical_radius(ndimage.distance_transform_edt(labels > 0)) == pytest.approx(8, abs=1)
    assert typical_radius(np.zeros((9, 9))) == 3
