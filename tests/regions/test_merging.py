from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.segmentation import watershed

from segprior.regions import merging_plain
from segprior.regions.adjacency import Content, Pairs
from segprior.regions.merging import Weights, merge_graph, merge_regions
from segprior.runtime import loops
from tests.helpers.graphs import random_content, random_pairs

Merge = Callable[..., tuple[NDArray[Any], NDArray[Any]]]
ways = pytest.mark.parametrize(
    "merge", [merge_graph, merging_plain.merge_graph], ids=["compiled", "plain"]
)
Scene = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]


def scene(seed: int, shape: tuple[int, int] = (30, 40)) -> Scene:
    random = np.random.default_rng(seed)
    colours = gaussian_filter(random.normal(0, 200, (*shape, 3)), (2, 2, 0)).astype(np.float32)
    strength = gaussian_filter(random.random(shape), 1.5).astype(np.float32) * 20
    regions = (watershed(strength) - 1).astype(np.int32)
    return regions, strength, colours, random.integers(0, 5, shape)


def plain(
    regions: NDArray[Any],
    strength: NDArray[Any],
    colours: NDArray[Any],
    codes: NDArray[Any],
    weights: Weights,
) -> tuple[list[tuple[int, int]], list[float]]:
    """All costs from all pixels at every step."""
    labels = regions.copy()
    merges, costs, highest = [], [], 0.0
    while labels.max() > 0:
        sides: dict[tuple[int, int], list[float]] = {}
        for row, column in np.ndindex(*labels.shape):
            for other in ((row + 1, column), (row, column + 1)):
                if other[0] < labels.shape[0] and other[1] < labels.shape[1]:
                    a, b = sorted((int(labels[row, column]), int(labels[other])))
                    if a != b:
                        value = max(strength[row, column], strength[other])
                        sides.setdefault((a, b), []).append(float(value))

        def cost(a: int, b: int, values: list[float]) -> float:
            one, two = labels == a, labels == b
            apart = np.linalg.norm(colours[one].mean(0, float) - colours[two].mean(0, float))
            p, q = (np.bincount(codes[m], minlength=codes.max() + 1) / m.sum() for m in (one, two))
            there = p + q > 0
            texture = 0.5 * ((p - q)[there] ** 2 / (p + q)[there]).sum()
            edge = float(np.mean(values))
            inside = weights.colour * apart + weights.texture * texture
            size = min(one.sum(), two.sum()) / labels.size
            joint = weights.joint * math.sqrt(edge * inside)
            return float((edge + inside + joint) * size**weights.size)

        best = min((cost(*pair, values), *pair) for pair, values in sides.items())
        highest = max(highest, best[0])
        merges.append(best[1:])
        costs.append(highest)
        labels[labels == best[2]] = best[1]
        if not (labels > 0).any():
            break
    return merges, costs


def plain_cost(
    content: Content, i: int, j: int, strength: float, weights: Sequence[float]
) -> float:
    areas, colours, histograms = content
    apart = np.linalg.norm(colours[i] / areas[i] - colours[j] / areas[j])
    p, q = histograms[i] / areas[i], histograms[j] / areas[j]
    texture = 0.5 * ((p - q) ** 2)[p + q > 0] @ (1 / (p + q)[p + q > 0])
    inside = weights[0] * apart + weights[1] * texture
    joint = weights[2] * np.sqrt(strength * inside)
    return float((strength + inside + joint) * min(areas[i], areas[j]) ** weights[3])


def plain_merges(
    pairs: Pairs, content: Content, weights: Sequence[float]
) -> tuple[list[list[int]], list[float]]:
    """At each step the cheapest of all pairs of neighbours, the lowest numbers of equals."""
    count = len(content.areas)
    sums, lengths = np.zeros((2, count, count))
    for of, values in ((sums, pairs.sums), (lengths, pairs.lengths)):
        of[pairs.first, pairs.second] = of[pairs.second, pairs.first] = values
    merges, costs, highest = [], [], 0.0
    for _ in range(count - 1):
        cost, i, j = min(
            (plain_cost(content, i, j, sums[i, j] / lengths[i, j], weights), i, j)
            for i, j in np.argwhere(np.triu(lengths)).tolist()
        )
        highest = max(highest, cost)
        merges.append([i, j])
        costs.append(highest)
        for values in content:
            values[i] += values[j]
        for of in (sums, lengths):
            of[i] += of[j]
            of[:, i] += of[:, j]
            of[i, i] = of[j] = of[:, j] = 0
    return merges, costs


@ways
@pytest.mark.parametrize("seed", range(4))
def test_graphs_are_merged_as_by_looking_at_all_pairs(merge: Merge, seed: int) -> None:
    given = random_pairs(seed, 25), random_content(seed, 25)
    weights = (0.15, 15.0, 3.0, 0.07)
    merges, costs = merge(*deepcopy(given), weights)
    expected, prices = plain_merges(*deepcopy(given), weights)
    assert merges.tolist() == expected
    np.testing.assert_allclose(costs, prices, rtol=1e-12)


@ways
@pytest.mark.parametrize("seed", range(10))
def test_of_equal_costs_the_lowest_numbers_are_first(merge: Merge, seed: int) -> None:
    # One colour and texture, and sizes that do not count: costs are strengths of 1, 2 or 3.
    content = Content(np.ones(25), np.full((25, 2), 3.0), np.ones((25, 1)))
    given, weights = (random_pairs(seed, 25, levels=3), content), (1.0, 1.0, 1.0, 0.0)
    merges, costs = merge(*deepcopy(given), weights)
    expected, prices = plain_merges(*deepcopy(given), weights)
    assert (np.diff(costs) == 0).sum() > 10
    assert merges.tolist() == expected
    assert costs.tolist() == prices


@pytest.mark.parametrize("seed", [0, 1])
def test_it_is_the_plain_loop(seed: int) -> None:
    given = scene(seed, (14, 18))
    assert given[0].max() > 4
    merges, costs = merge_regions(*given, Weights())
    expected, prices = plain(*given, Weights())
    assert merges.tolist() == [list(pair) for pair in expected]
    np.testing.assert_allclose(costs, prices, rtol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_without_loops_it_is_the_same(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    given = scene(seed)
    merges, costs = merge_regions(*given, Weights())
    monkeypatch.setattr(loops, "are_there", lambda: False)
    again = merge_regions(*given, Weights())
    np.testing.assert_array_equal(again[0], merges)
    np.testing.assert_allclose(again[1], costs, rtol=1e-12)


@ways
def test_what_is_given_is_left_as_it_was(merge: Merge) -> None:
    given = random_pairs(0, 25), random_content(0, 25)
    before = deepcopy(given)
    merge(*given, (0.15, 15.0, 3.0, 0.07))
    for one, other in zip(given, before, strict=True):
        for values, kept in zip(one, other, strict=True):
            np.testing.assert_array_equal(values, kept)


@ways
@pytest.mark.parametrize("words", [1, 15, 16, 17, 48])
def test_any_number_of_words(merge: Merge, words: int) -> None:
    random = np.random.default_rng(words)
    histograms = random.integers(0, 3, (25, words)).astype(float)
    content = random_content(words, 25)._replace(histograms=histograms)
    weights = (0.15, 15.0, 3.0, 0.07)
    merges, costs = merge(random_pairs(words, 25), content, weights)
    expected, prices = plain_merges(*deepcopy((random_pairs(words, 25), content)), weights)
    assert merges.tolist() == expected
    np.testing.assert_allclose(costs, prices, rtol=1e-12)


def test_every_region_but_one_is_taken_once_and_costs_never_fall() -> None:
    given = scene(3, (60, 80))
    count = int(given[0].max()) + 1
    merges, costs = merge_regions(*given, Weights())
    assert sorted(merges[:, 1].tolist()) == list(range(1, count))
    assert (merges[:, 0] < merges[:, 1]).all()
    assert (np.diff(costs) >= 0).all()


def test_one_region_needs_no_merge() -> None:
    zeros = np.zeros((8, 9), np.float32)
    merges, costs = merge_regions(
        zeros.astype(np.int32), zeros, zeros[..., None], zeros.astype(np.int64), Weights()
    )
    assert merges.shape == (0, 2)
    assert costs.shape == (0,)


def test_a_cost_means_the_same_at_twice_the_size() -> None:
    regions, strength, colours, codes = scene(4)
    _, costs = merge_regions(regions, strength, colours, codes, Weights())
    one, two, three, four = (
        np.repeat(np.repeat(x, 2, 0), 2, 1) for x in (regions, strength, colours, codes)
    )
    _, again = merge_regions(one, two, three, four, Weights())
    np.testing.assert_allclose(again, costs, rtol=1e-6)
