from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from segprior.regions import tournament as module
from segprior.regions.tournament import lowest, number_at, put, tournament

parts = {name: getattr(module, name) for name in module.__all__}
both = pytest.mark.parametrize(
    "tree_of",
    [
        SimpleNamespace(**parts),
        SimpleNamespace(**{name: part.py_func for name, part in parts.items()}),
    ],
    ids=["compiled", "plain"],
)


@both
@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 40])
def test_it_is_argmin_while_numbers_change(tree_of: Any, count: int) -> None:
    random = np.random.default_rng(count)
    tree, numbers = tree_of.tournament(count), np.full(count, np.inf)
    for _ in range(100):
        # Few values, so that many are equal, of which the first counts.
        i, number = random.integers(count), random.choice([0.0, 1.0, 2.0, 3.0, np.inf])
        tree_of.put(tree, i, number)
        numbers[i] = number
        assert tree_of.lowest(tree) == numbers.argmin()
        assert [tree_of.number_at(tree, k) for k in range(count)] == numbers.tolist()


@pytest.mark.parametrize(("count", "leaves"), [(1, 1), (2, 2), (3, 4), (8, 8), (9, 16)])
def test_there_are_leaves_for_all(count: int, leaves: int) -> None:
    assert tournament(count).shape == (2 * leaves,)


def test_each_node_is_the_lower_of_its_children() -> None:
    numbers = np.random.default_rng(0).random(13)
    tree = tournament(len(numbers))
    for i, number in enumerate(numbers):
        put(tree, i, number)
    children = tree[2:].reshape(-1, 2)
    np.testing.assert_array_equal(tree[1 : len(tree) // 2], children.min(1))
    assert number_at(tree, lowest(tree)) == tree[1] == numbers.min()
