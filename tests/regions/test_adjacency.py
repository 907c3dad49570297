from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.regions.adjacency import (
    Adjacency,
    Pairs,
    adjacency,
    contract,
    nearest_of,
    touching_pairs,
)
from tests.helpers.graphs import random_pairs

Function = Callable[..., Any]


def both(function: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("run", [function, function.py_func], ids=["compiled", "plain"])


def links_of(graph: Adjacency, i: int) -> list[int]:
    links, link = [], graph.after[len(graph.to) + i]
    while link >= 0:
        links.append(int(link))
        link = graph.after[link]
    return links


def boundaries_of(graph: Adjacency, i: int) -> dict[int, tuple[float, float]]:
    """Neighbours of a region with the sum and the length of the boundary to each."""
    links = [link for link in links_of(graph, i) if not graph.gone[link >> 1]]
    found = {
        int(graph.to[link]): (float(graph.sums[link >> 1]), float(graph.lengths[link >> 1]))
        for link in links
    }
    assert len(found) == len(links)
    return found


class Dense:
    """The same graph as matrices of all regions by all."""

    def __init__(self, pairs: Pairs, count: int) -> None:
        self.sums, self.lengths = np.zeros((2, count, count))
        for of, values in ((self.sums, pairs.sums), (self.lengths, pairs.lengths)):
            of[pairs.first, pairs.second] = of[pairs.second, pairs.first] = values

    def contract(self, i: int, j: int) -> None:
        for of in (self.sums, self.lengths):
            of[i] += of[j]
            of[:, i] += of[:, j]
            of[i, i] = of[j] = of[:, j] = 0

    def boundaries_of(self, i: int) -> dict[int, tuple[float, float]]:
        near = np.flatnonzero(self.lengths[i])
        return {int(k): (float(self.sums[i, k]), float(self.lengths[i, k])) for k in near}


def touching_plainly(
    regions: NDArray[Any], strength: NDArray[Any]
) -> dict[tuple[int, int], list[float]]:
    found: dict[tuple[int, int], list[float]] = {}
    for row, column in np.ndindex(*regions.shape):
        for other in ((row + 1, column), (row, column + 1)):
            if other[0] < regions.shape[0] and other[1] < regions.shape[1]:
                a, b = sorted((int(regions[row, column]), int(regions[other])))
                if a != b:
                    value = float(max(strength[row, column], strength[other]))
                    found.setdefault((a, b), []).append(value)
    return found


def test_touching_pairs_are_those_of_a_loop_over_pixels() -> None:
    random = np.random.default_rng(0)
    regions, strength = random.integers(0, 9, (11, 13)), random.random((11, 13), np.float32)
    pairs = touching_pairs(regions, strength, 9)
    expected = touching_plainly(regions, strength)
    assert list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)) == sorted(expected)
    values = [expected[key] for key in sorted(expected)]
    np.testing.assert_allclose(pairs.sums, [sum(of) for of in values], rtol=1e-12)
    assert pairs.lengths.tolist() == [len(of) for of in values]


def test_one_region_touches_none() -> None:
    pairs = touching_pairs(np.zeros((3, 4), np.int64), np.zeros((3, 4), np.float32), 1)
    assert [len(of) for of in pairs] == [0] * 4
    assert [of.dtype for of in pairs] == [np.int64] * 2 + [np.float64] * 2


@both(adjacency)
@pytest.mark.parametrize("seed", [0, 1])
def test_lists_hold_the_neighbours(run: Function, seed: int) -> None:
    pairs = random_pairs(seed, 30)
    graph, dense = run(pairs, 30), Dense(pairs, 30)
    for i in range(30):
        assert boundaries_of(graph, i) == dense.boundaries_of(i)
    for link in range(len(graph.to)):
        assert {int(graph.to[link]), int(graph.to[link ^ 1])} == {
            int(pairs.first[link >> 1]), int(pairs.second[link >> 1])
        }  # fmt: skip


@both(contract)
@pytest.mark.parametrize("seed", range(5))
def test_contracting_adds_up_rows_of_a_matrix(run: Function, seed: int) -> None:
    random, count = np.random.default_rng(seed), 30
    pairs = random_pairs(seed, count)
    dense = Dense(pairs, count)
    graph = adjacency(pairs, count)
    for _ in range(count - 1):
        near = np.argwhere(dense.lengths)  # both orders: i may be the higher number
        i, j = near[random.integers(len(near))].tolist()
        run(graph, i, j)
        dense.contract(i, j)
        for k in range(count):
            assert boundaries_of(graph, k) == dense.boundaries_of(k)
        assert (graph.marks == -1).all()
        assert not any(graph.gone[link >> 1] for link in links_of(graph, i))
    assert graph.gone.all()


@both(nearest_of)
@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_is_the_lowest_of_the_cheapest(run: Function, seed: int) -> None:
    random, count = np.random.default_rng(seed), 30
    pairs = random_pairs(seed, count)
    graph = adjacency(pairs, count)
    graph.costs[:] = random.integers(0, 3, len(graph.costs))
    graph.gone[:] = random.random(len(graph.gone)) < 0.4
    costs = np.full((count, count), np.inf)
    kept = ~graph.gone
    costs[pairs.first[kept], pairs.second[kept]] = graph.costs[kept]
    costs = np.minimum(costs, costs.T)
    for i in range(count):
        before = boundaries_of(graph, i)
        cost, neighbour = run(graph, i)
        assert cost == costs[i].min()
        assert neighbour == (costs[i].argmin() if before else -1)
        assert boundaries_of(graph, i) == before
        assert len(links_of(graph, i)) == len(before)
