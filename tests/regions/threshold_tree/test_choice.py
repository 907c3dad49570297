from __future__ import annotations

import itertools

import numpy as np
import pytest

from segprior.regions.threshold_tree.choice import choose, paint
from segprior.regions.threshold_tree.measures import Level
from segprior.regions.threshold_tree.tree import ThresholdTree, grow


@pytest.fixture(scope="module")
def tree() -> ThresholdTree:
    values = np.zeros((24, 40))
    rows, columns = np.ogrid[:24, :40]
    for row, column in ((12, 9), (12, 20), (12, 33)):
        values = np.maximum(values, np.clip(1 - np.hypot(rows - row, columns - column) / 8, 0, 1))
    level = Level(values=values, slope=np.ones(values.shape), low=0.0, span=1.0)
    return grow(level, [0.05, 0.5])


def apart(tree: ThresholdTree, nodes: tuple[int, ...]) -> bool:
    pixels = np.concatenate([np.zeros(0, int), *(tree.of(node) for node in nodes)])
    return len(np.unique(pixels)) == len(pixels)


def allowed(tree: ThresholdTree, nodes: tuple[int, ...]) -> bool:
    """Whether no piece is taken in parts and at a higher threshold as well."""
    for node in nodes:
        if tree.part_of[node] < 0:
            continue
        piece = node
        while tree.part_of[piece] >= 0:
            piece = int(tree.part_of[piece])
        within = [n for n in nodes if np.isin(tree.of(n), tree.of(piece)).any()]
        if any(tree.step[n] != tree.step[node] for n in within):
            return False
    return apart(tree, nodes)


@pytest.mark.parametrize("seed", range(6))
def test_no_other_choice_is_worth_more(tree: ThresholdTree, seed: int) -> None:
    assert 6 <= len(tree) <= 12
    worth = np.random.default_rng(seed).normal(size=len(tree))
    chosen = choose(tree, worth)
    assert apart(tree, tuple(chosen))
    best = max(
        worth[list(nodes)].sum()
        for number in range(len(tree) + 1)
        for nodes in itertools.combinations(range(len(tree)), number)
        if allowed(tree, nodes)
    )
    assert worth[chosen].sum() == pytest.approx(best)


def test_what_is_worth_nothing_is_not_taken(tree: ThresholdTree) -> None:
    assert choose(tree, np.zeros(len(tree))) == []
    assert not paint(tree, []).any()


def test_nodes_are_painted_with_their_numbers(tree: ThresholdTree) -> None:
    chosen = choose(tree, np.ones(len(tree)))
    labels = paint(tree, chosen)
    assert labels.shape == tree.shape
    for number, node in enumerate(chosen, 1):
        assert (labels.ravel()[tree.of(node)] == number).all()
    assert np.count_nonzero(labels) == sum(len(tree.of(node)) for node in chosen)
