"""Costs one by one; how graphs are merged is tested with the compiled loop in test_merging.py."""

from __future__ import annotations

import math

import numpy as np
import pytest

from segprior.regions.adjacency import Content
from segprior.regions.merging_plain import merge_costs
from tests.helpers.graphs import random_content

WEIGHTS = (0.15, 15.0, 3.0, 0.07)


def plain_cost(content: Content, i: int, j: int, strength: float) -> float:
    areas, colours, histograms = content
    apart = math.dist(colours[i] / areas[i], colours[j] / areas[j])
    texture = 0.0
    for one, other in zip(histograms[i] / areas[i], histograms[j] / areas[j], strict=True):
        if one + other > 0:
            texture += 0.5 * (one - other) ** 2 / (one + other)
    inside = WEIGHTS[0] * apart + WEIGHTS[1] * texture
    joint = WEIGHTS[2] * math.sqrt(strength * inside)
    return float((strength + inside + joint) * min(areas[i], areas[j]) ** WEIGHTS[3])


def test_costs_are_those_of_a_loop_and_have_no_order() -> None:
    content = random_content(0, 12)
    one, other = (of.ravel() for of in np.mgrid[:12, :12])
    strengths = np.arange(144) / 9
    found = merge_costs(content, one, other, strengths, WEIGHTS)
    expected = [
        plain_cost(content, i, j, strength)
        for i, j, strength in zip(one.tolist(), other.tolist(), strengths.tolist(), strict=True)
    ]
    assert found == pytest.approx(expected, rel=1e-12)
    assert found == merge_costs(content, other, one, strengths, WEIGHTS)
