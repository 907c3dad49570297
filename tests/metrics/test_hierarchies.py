from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segprior.errors import ConfigError, ImageError
from segprior.metrics import cut_tables


def test_a_cut_makes_all_merges_up_to_its_cost() -> None:
    # 3 joins 2, then 2 with it joins 0, then 1 joins 0.
    merges, costs = [[2, 3], [0, 2], [0, 1]], [1.0, 2.0, 2.0]
    tables = cut_tables(merges, costs, [0.5, 1.0, 1.9, 2.0])
    assert tables.tolist() == [[0, 1, 2, 3], [0, 1, 2, 2], [0, 1, 2, 2], [0, 0, 0, 0]]
    assert tables.dtype == np.int32


def test_the_order_of_the_thresholds_does_not_matter() -> None:
    merges, costs = [[2, 3], [0, 2], [0, 1]], [1.0, 2.0, 3.0]
    up = cut_tables(merges, costs, [0.5, 1, 2, 3])
    mixed = cut_tables(merges, costs, [2, 0.5, 3, 1])
    assert mixed.tolist() == up[[2, 0, 3, 1]].tolist()


def test_regions_that_never_merge() -> None:
    assert cut_tables([[0, 1]], [1.0], [5.0], n_regions=4).tolist() == [[0, 0, 2, 3]]
    assert cut_tables(np.zeros((0, 2), int), [], [5.0]).tolist() == [[0]]


@pytest.mark.parametrize(
    ("merges", "costs", "options", "message"),
    [
        ([[0, 1], [0, 2]], [1.0], {}, "2 merges of 2 regions with 1 costs"),
        ([[0, 1]], [1.0], {"n_regions": 1}, "fewer merges than regions"),
        ([[0, 1], [0, 2]], [2.0, 1.0], {}, "fall"),
        ([[0, 1], [0, 2]], [1.0, np.nan], {}, "fall"),
        ([[0, 1], [0, 3]], [1.0, 2.0], {}, "not a tree over 3 regions"),
        ([[0, 1], [-1, 2]], [1.0, 2.0], {}, "not a tree"),
        ([[0, 1], [0, 1]], [1.0, 2.0], {}, "not a tree"),
        ([[0, 1], [1, 2]], [1.0, 2.0], {}, "in no later pair"),
        ([[1, 1]], [1.0], {}, "not a tree"),
        ([[0.0, 1.0]], [1.0], {}, "not a tree"),
    ],
)
def test_what_is_no_tree(
    merges: list[list[Any]], costs: list[float], options: dict[str, int], message: str
) -> None:
    with pytest.raises(ImageError, match=message):
        cut_tables(merges, costs, [1.0], **options)


def test_a_threshold_is_a_number() -> None:
    with pytest.raises(ConfigError, match="not a number"):
        cut_tables([[0, 1]], [1.0], [np.nan])
