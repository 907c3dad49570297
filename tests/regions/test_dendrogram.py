from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segprior.regions.dendrogram import (
    confidence_of,
    cut_table,
    label_table,
    make_tree,
    meeting_costs,
    problem_of,
)
from segprior.regions.label_map import by_area
from tests.helpers.levels import random_levels, random_merges, same_parts

# 1 takes 3, 0 takes 2, 1 takes 4, 0 takes 1.
MERGES = np.array([[1, 3], [0, 2], [1, 4], [0, 1]], np.int32)
COSTS = np.array([1.0, 2.0, 4.0, 8.0])


def test_tables_of_all_cuts() -> None:
    tables = [cut_table(MERGES, done).tolist() for done in range(5)]
    assert tables == [
        [0, 1, 2, 3, 4], [0, 1, 2, 1, 4], [0, 1, 0, 1, 4], [0, 1, 0, 1, 1], [0, 0, 0, 0, 0],
    ]  # fmt: skip


def test_confidence_is_how_far_the_next_merge_is() -> None:
    np.testing.assert_allclose(confidence_of(MERGES, COSTS, 2, 2.0)[[0, 1, 4]], [0.75, 0.5, 0.5])
    np.testing.assert_allclose(confidence_of(MERGES, COSTS, 2, 3.0)[[0, 1, 4]], [0.625, 0.25, 0.25])
    assert confidence_of(MERGES, COSTS, 4, 8.0)[0] == 1
    assert (confidence_of(MERGES, np.zeros(4), 2, 0.0)[[0, 1, 4]] == 1).all()


def test_costs_at_which_regions_meet() -> None:
    one = np.array([3, 1, 2, 4, 4, 0, 2])
    other = np.array([1, 3, 0, 3, 2, 0, 3])
    np.testing.assert_array_equal(meeting_costs(MERGES, COSTS, one, other), [1, 1, 2, 4, 8, 0, 8])
    assert meeting_costs(MERGES[:0], COSTS[:0], one[:0], other[:0]).shape == (0,)


def test_labels_by_area_are_those_of_the_label_map() -> None:
    rng = np.random.default_rng(1)
    regions = rng.integers(0, 20, (9, 9))  # equal areas, and some of 20 perhaps not there
    areas = np.bincount(regions.ravel(), minlength=20)
    areas[[3, 11]] = 0
    regions[np.isin(regions, [3, 11])] = 0
    areas = np.bincount(regions.ravel(), minlength=20)
    merges, _ = random_merges(20)
    for done in (0, 5, 12, 19):
        table = cut_table(merges, done)
        np.testing.assert_array_equal(label_table(table, areas)[regions], by_area(table[regions]))


def test_a_tree_by_hand() -> None:
    tree = make_tree(MERGES, COSTS, np.array([5, 1, 2, 7, 3]))
    assert tree.parents.tolist() == [6, 5, 6, 5, 7, 7, 8, 8, 8]
    assert tree.altitudes.tolist() == [0, 0, 0, 0, 0, 1, 2, 4, 8]
    assert tree.areas.tolist() == [5, 1, 2, 7, 3, 8, 7, 11, 18]
    alone = make_tree(MERGES[:0], COSTS[:0], np.array([6]))
    assert (alone.parents.tolist(), alone.areas.tolist()) == ([0], [6])


def test_the_tree_is_that_of_higra_which_cuts_it_alike() -> None:
    higra = pytest.importorskip("higra", reason="higra, of the extra test, is not installed")
    levels = random_levels((24, 30), 80)
    tree = levels.tree()
    graph = higra.UndirectedGraph(levels.n_regions)
    graph.add_edges(levels.merges[:, 0], levels.merges[:, 1])
    theirs, altitudes = higra.bpt_canonical(graph, levels.costs)
    np.testing.assert_array_equal(tree.parents, theirs.parents())
    np.testing.assert_array_equal(tree.altitudes, altitudes)
    ours = higra.Tree(tree.parents)
    areas = higra.attribute_area(ours, np.bincount(levels.regions.ravel()))
    np.testing.assert_array_equal(tree.areas, areas)
    for cost in (0.0, *np.unique(levels.costs)[[3, 10, -2]], 15.5, 1e9):
        table = higra.labelisation_horizontal_cut_from_threshold(ours, tree.altitudes, cost)
        assert same_parts(table[levels.regions], levels.cut(cost=cost))


@pytest.mark.parametrize("count", [1, 2, 30])
def test_nothing_is_wrong_with_what_is_right(count: int) -> None:
    assert problem_of(*random_merges(count)) == ""


@pytest.mark.parametrize(
    ("merges", "costs", "match"),
    [
        (MERGES[:3], COSTS, "shape"),
        (MERGES.ravel(), COSTS, "shape"),
        (MERGES, [1, 2, 1.5, 8], "costs that fall"),
        (MERGES, [1, 2, np.nan, 8], "finite"),
        (MERGES, [1, 2, 4, np.inf], "finite"),
        (MERGES, [-1, 2, 4, 8], "finite numbers from 0"),
        ([[1, 3], [0, 2], [1, 5], [0, 1]], COSTS, "other regions than 0 to 4"),
        ([[-1, 3], [0, 2], [1, 4], [0, 1]], COSTS, "other regions"),
        ([[1, 3], [2, 0], [1, 4], [0, 1]], COSTS, "not the lower"),
        ([[1, 1], [0, 2], [1, 4], [0, 1]], COSTS, "not the lower"),
        ([[1, 3], [0, 3], [1, 4], [0, 1]], COSTS, "merged twice"),
        ([[1, 3], [0, 2], [3, 4], [0, 1]], COSTS, "after it was taken"),
    ],
)
def test_what_is_no_dendrogram(merges: Any, costs: Any, match: str) -> None:
    assert match in problem_of(np.asarray(merges), np.asarray(costs, float))
    assert match in problem_of(np.asarray(merges, np.int64), np.asarray(costs, float))
