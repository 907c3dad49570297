from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.segmentation import watershed

from segprior.regions import merging
from segprior.regions.merging import Weights, merge_regions

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


@pytest.mark.parametrize("seed", [0, 1])
def test_it_is_the_plain_loop(seed: int) -> None:
    given = scene(seed, (14, 18))
    assert given[0].max() > 4
    merges, costs = merge_regions(*given, Weights())
    expected, prices = plain(*given, Weights())
    assert merges.tolist() == [list(pair) for pair in expected]
    np.testing.assert_allclose(costs, prices, rtol=1e-5)


def test_it_is_the_same_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    given = scene(2)
    merges, costs = merge_regions(*given, Weights())
    for name in ("_cost", "_nearest", "_put"):
        compiled = getattr(merging, name)
        monkeypatch.setattr(merging, name, getattr(compiled, "py_func", compiled))
    monkeypatch.setattr(merging, "_merge", merging._merge_all)
    again = merge_regions(*given, Weights())
    np.testing.assert_array_equal(again[0], merges)
    np.testing.assert_allclose(again[1], costs, rtol=1e-12)


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
