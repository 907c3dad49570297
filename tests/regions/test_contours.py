from __future__ import annotations

import numpy as np
import pytest

from segprior.metrics import cut_hierarchy
from segprior.regions.contours import as_picture, contour_map, double_contour_map, shaded
from segprior.regions.label_map import pieces
from tests.helpers.levels import random_levels, same_parts

REGIONS = np.array([[0, 0, 1], [0, 2, 2]])
MERGES = np.array([[1, 2], [0, 1]])
COSTS = np.array([3.0, 5.0])


def test_a_map_by_hand() -> None:
    np.testing.assert_array_equal(contour_map(REGIONS, MERGES, COSTS), [[0, 5, 3], [5, 0, 0]])
    expected = [
        [0, 0, 0, 0, 5, 0, 0],
        [0, 0, 0, 0, 5, 0, 0],
        [0, 0, 5, 5, 5, 3, 3],
        [0, 0, 5, 0, 0, 0, 0],
        [0, 0, 5, 0, 0, 0, 0],
    ]
    np.testing.assert_array_equal(double_contour_map(REGIONS, MERGES, COSTS), expected)


@pytest.mark.parametrize("shape", [(9, 14), (1, 20), (20, 1)])
def test_both_maps_give_every_cut(shape: tuple[int, int]) -> None:
    levels = random_levels(shape, 20)
    single = contour_map(levels.regions, levels.merges, levels.costs)
    double = double_contour_map(levels.regions, levels.merges, levels.costs)
    for cost in (0.0, 1.3, *levels.costs, 1e9):
        cut = levels.cut(cost=cost)
        assert same_parts(cut_hierarchy(double, cost), pieces(cut))
        there = np.zeros(shape, bool)
        there[:-1] |= cut[:-1] != cut[1:]
        there[:, :-1] |= cut[:, :-1] != cut[:, 1:]
        np.testing.assert_array_equal(single > cost, there)


def test_the_double_map_is_that_of_higra() -> None:
    higra = pytest.importorskip("higra", reason="higra, of the extra test, is not installed")
    levels = random_levels((12, 17), 30)
    tree = levels.tree()
    graph = higra.get_4_adjacency_graph(levels.regions.shape)
    one, other = (levels.regions.ravel()[ends].astype(np.int64) for ends in graph.edge_list())
    meeting = tree.altitudes[higra.Tree(tree.parents).lowest_common_ancestor(one, other)]
    theirs = higra.graph_4_adjacency_2_khalimsky(graph, meeting, levels.regions.shape, True)
    ours = double_contour_map(levels.regions, levels.merges, levels.costs)
    np.testing.assert_array_equal(ours, theirs)


def test_costs_can_be_read_from_a_picture() -> None:
    costs = np.concatenate([np.linspace(0, 100, 1001), [435.6, 1e4, 1e9]])
    picture = as_picture(costs)
    assert picture.dtype == np.uint16
    assert (picture[0], picture[100]) == (0, 32768)
    assert (np.diff(picture.astype(int)) > 0).all()
    value = picture.astype(float)
    back = 10 * value / (65535 - value)
    np.testing.assert_allclose(back[:1001], costs[:1001], atol=0.01)
    assert back[1001] == pytest.approx(435.6, abs=0.2)
    assert picture[-1] < 65535


def test_strong_boundaries_are_dark() -> None:
    drawn = shaded(np.array([[0.0, 2.0, 4.0, 9.0]]), 4.0)
    assert drawn.tolist() == [[255, 191, 0, 0]]
    lines = np.zeros((9, 50))
    lines[:, 31] = lines[8] = 9
    small = shaded(lines, 4.0, longest=20)
    assert small.shape == (3, 17)
    assert (small == 0).sum() == 2 + 17
