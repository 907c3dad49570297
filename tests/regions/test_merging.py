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

from segprior.features.co_occurrence import diffusion
from segprior.regions import merging_plain
from segprior.regions.adjacency import Content, Pairs, touching_pairs
from segprior.regions.merging import Weights, judge, merge_graph, merge_regions
from segprior.regions.spectral import global_strength, random_walk
from segprior.runtime import loops
from tests.helpers.graphs import random_content, random_pairs

Merge = Callable[..., tuple[NDArray[Any], NDArray[Any]]]
ways = pytest.mark.parametrize(
    "merge", [merge_graph, merging_plain.merge_graph], ids=["compiled", "plain"]
)
Scene = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
WEIGHTS = (0.6, 1.3, 0.1)


def scene(seed: int, shape: tuple[int, int] = (30, 40)) -> Scene:
    random = np.random.default_rng(seed)
    strength = gaussian_filter(random.random(shape), 1.5).astype(np.float32) * 20
    regions = (watershed(strength) - 1).astype(np.int32)
    textons = random.integers(0, 5, (-(-shape[0] // 6), -(-shape[1] // 6)))
    return regions, strength, np.kron(textons, np.ones((6, 6), int))[: shape[0], : shape[1]]


def apart(p: NDArray[Any], q: NDArray[Any]) -> float:
    there = p + q > 0
    return float(np.sqrt(0.5 * ((p - q)[there] ** 2 / (p + q)[there]).sum()))


def plain_cost(
    content: Content, i: int, j: int, strength: float, weights: Sequence[float]
) -> float:
    areas, *histograms = content
    texture, diffused = (apart(of[i] / areas[i], of[j] / areas[j]) for of in histograms)
    size = math.log(min(areas[i], areas[j]))
    return strength + weights[0] * texture + weights[1] * diffused + weights[2] * size


def plain_merges(
    pairs: Pairs, content: Content, weights: Sequence[float]
) -> tuple[list[list[int]], list[float]]:
    """At each step the cheapest of all pairs of neighbours, the lowest numbers of equals."""
    count = len(content.areas)
    sums, lengths = np.zeros((2, count, count))
    for of, values in ((sums, pairs.sums), (lengths, pairs.lengths)):
        of[pairs.first, pairs.second] = of[pairs.second, pairs.first] = values
    merges, costs, highest = [], [], -math.inf
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
    merges, costs = merge(*deepcopy(given), WEIGHTS)
    expected, prices = plain_merges(*deepcopy(given), WEIGHTS)
    assert merges.tolist() == expected
    np.testing.assert_allclose(costs, prices, rtol=1e-12)


@ways
@pytest.mark.parametrize("seed", range(10))
def test_of_equal_costs_the_lowest_numbers_are_first(merge: Merge, seed: int) -> None:
    # One texture, and sizes that do not count: costs are strengths of 1, 2 or 3.
    content = Content(np.ones(25), np.ones((25, 1)), np.ones((25, 1)))
    given, weights = (random_pairs(seed, 25, levels=3), content), (1.0, 1.0, 0.0)
    merges, costs = merge(*deepcopy(given), weights)
    expected, prices = plain_merges(*deepcopy(given), weights)
    assert (np.diff(costs) == 0).sum() > 10
    assert merges.tolist() == expected
    assert costs.tolist() == prices


@pytest.mark.parametrize("seed", [0, 1])
def test_it_is_the_plain_loop(seed: int) -> None:
    regions, strength, textons = scene(seed, (14, 18))
    count = int(regions.max()) + 1
    assert count > 5
    # The odds of each pair, as the documentation of a hierarchy has them, one pixel at a time.
    histograms = np.zeros((count, int(textons.max()) + 1))
    for region, word in zip(regions.ravel(), textons.ravel(), strict=True):
        histograms[region, word] += 1
    areas = histograms.sum(axis=1)
    content = Content(areas, histograms, histograms @ diffusion(textons))
    pairs = touching_pairs(regions.astype(np.int64), strength, count)
    ends = list(zip(pairs.first, pairs.second, strict=True))
    weights = Weights()
    scales: list[float] = []
    for of, weight, usual in (
        (content.histograms, weights.texture, 0.39),
        (content.diffused, weights.diffused, 0.039),
    ):
        squares = [apart(of[i] / areas[i], of[j] / areas[j]) ** 2 for i, j in ends]
        level = float(squares @ pairs.lengths) / (0.357 * regions.size)
        scales.append(weight / (level * usual) ** 0.25)
    edges = weights.edge * np.sqrt(pairs.sums / pairs.lengths) - 6.9
    nearby = [
        plain_cost(content, i, j, edge, (*scales, 0.0))
        for (i, j), edge in zip(ends, edges, strict=True)
    ]
    walk = random_walk(pairs, content, 1 / (1 + np.exp(-np.array(nearby))))
    whole = global_strength(pairs, walk)
    strengths = pairs._replace(sums=(edges + weights.whole * whole) * pairs.lengths)
    merged = [weights.merged * scale for scale in scales] + [weights.size]
    expected, odds = plain_merges(strengths, deepcopy(content), merged)

    merges, costs = merge_regions(regions, strength, textons, weights)
    assert merges.tolist() == expected
    shares = np.array(odds) - weights.size * math.log(regions.size)
    np.testing.assert_allclose(costs, 20 * np.exp(shares / 2), rtol=1e-9)


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
    merge(*given, WEIGHTS)
    for one, other in zip(given, before, strict=True):
        for values, kept in zip(one, other, strict=True):
            np.testing.assert_array_equal(values, kept)


@ways
@pytest.mark.parametrize("words", [1, 15, 16, 17, 48])
def test_any_number_of_words(merge: Merge, words: int) -> None:
    random = np.random.default_rng(words)
    histograms = random.integers(0, 3, (25, words)).astype(float)
    diffused = histograms @ random.dirichlet(np.ones(words), words)
    content = Content(histograms.sum(axis=1) + 1, histograms, diffused)
    merges, costs = merge(random_pairs(words, 25), content, WEIGHTS)
    expected, prices = plain_merges(*deepcopy((random_pairs(words, 25), content)), WEIGHTS)
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
    merges, costs = merge_regions(zeros.astype(np.int32), zeros, zeros.astype(np.int64), Weights())
    assert merges.shape == (0, 2)
    assert costs.shape == (0,)


@pytest.mark.parametrize("seed", range(3))
def test_a_cost_means_the_same_whatever_the_number_of_pixels(seed: int) -> None:
    # Twice as many of each, with boundaries twice as long: shares stay what they are.
    pairs, content = random_pairs(seed, 25), random_content(seed, 25)
    _, odds = merge_graph(pairs, content, WEIGHTS)
    twice = Pairs(*pairs[:2], 2 * pairs.sums, 2 * pairs.lengths)
    _, again = merge_graph(twice, Content(*(4 * of for of in content)), WEIGHTS)
    np.testing.assert_allclose(again - WEIGHTS[2] * math.log(4), odds, rtol=1e-9, atol=1e-9)


def test_a_pair_costs_20_where_a_boundary_is_as_likely_as_none() -> None:
    judged = judge(*scene(3, (60, 80)), Weights())
    costs = judged.costs()
    assert costs.shape == judged.pairs.first.shape
    odds = judged.odds + judged.texture[0] * judged.apart[0] + judged.texture[1] * judged.apart[1]
    np.testing.assert_allclose(costs, 20 * np.exp(odds / 2))
    assert np.isfinite(judged._replace(odds=judged.odds + 1e6).costs()).all()
