"""Costs one by one; how graphs are merged is tested with the compiled loop in test_merging.py."""

from __future__ import annotations

import math

import numpy as np
import pytest

from segprior.regions.adjacency import Content
from segprior.regions.merging_plain import distances, merge_costs
from tests.helpers.graphs import random_content

WEIGHTS = (0.6, 1.3, 0.1)


def plain_distance(one: list[float], other: list[float]) -> float:
    pairs = [(p, q) for p, q in zip(one, other, strict=True) if p + q > 0]
    return math.sqrt(sum(0.5 * (p - q) ** 2 / (p + q) for p, q in pairs))


def plain_cost(content: Content, i: int, j: int, strength: float) -> float:
    areas, *histograms = content
    texture, diffused = (
        plain_distance((of[i] / areas[i]).tolist(), (of[j] / areas[j]).tolist())
        for of in histograms
    )
    size = math.log(min(areas[i], areas[j]))
    return strength + WEIGHTS[0] * texture + WEIGHTS[1] * diffused + WEIGHTS[2] * size


def test_costs_are_those_of_a_loop_and_have_no_order() -> None:
    content = random_content(0, 12)
    one, other = (of.ravel() for of in np.mgrid[:12, :12])
    strengths = np.arange(144) / 9 - 7
    found = merge_costs(content, one, other, strengths, WEIGHTS)
    expected = [
        plain_cost(content, i, j, strength)
        for i, j, strength in zip(one.tolist(), other.tolist(), strengths.tolist(), strict=True)
    ]
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert found == merge_costs(content, other, one, strengths, WEIGHTS)


def test_distances_go_from_0_of_the_same_to_1_of_nothing_in_common() -> None:
    shares = np.array([[1.0, 0, 0], [0, 0.5, 0.5], [0.5, 0.25, 0.25], [1.0, 0, 0]])
    found = distances(shares, np.array([0, 0, 0]), np.array([3, 1, 2]))
    # Half of what they have is in common: (1/2)²/(3/2) + 2 (1/4)²/(1/4), halved.
    assert found == pytest.approx([0, 1, math.sqrt(1 / 3)])
