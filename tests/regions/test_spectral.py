from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from segprior.regions.adjacency import Content, Pairs
from segprior.regions.spectral import embed, global_strength, random_walk


def grid(rows: int, columns: int) -> Pairs:
    """Square regions, each of which touches four, with boundaries of length 5."""
    places = np.arange(rows * columns).reshape(rows, columns)
    ends = [(places[:-1], places[1:]), (places[:, :-1], places[:, 1:])]
    first, second = (np.concatenate([of[k].ravel() for of in ends]) for k in (0, 1))
    order = np.lexsort((second, first))
    lengths = np.full(len(order), 5.0)
    return Pairs(first[order], second[order], np.zeros(len(order)), lengths)


def content_of(words: NDArray[np.int64]) -> Content:
    """One word in each region, which stays what it is when diffused."""
    histograms = 25.0 * np.eye(int(words.max()) + 1)[words]
    return Content(np.full(len(words), 25.0), histograms, histograms)


@pytest.mark.parametrize("size", [6, 12], ids=["all eigenvectors", "the leading ones"])
def test_a_gap_in_a_boundary_is_closed(size: int) -> None:
    # A wall between two halves, but for one place, where nothing is seen nearby.
    pairs = grid(size, size)
    words = (np.arange(size * size) % size >= size // 2).astype(np.int64)
    crosses = words[pairs.first] != words[pairs.second]
    gap = crosses & (pairs.first // size == 2)
    chances = np.where(crosses & ~gap, 0.9, 0.05)
    found = global_strength(pairs, random_walk(pairs, content_of(words), chances))
    assert (found * pairs.lengths).sum() / pairs.lengths.sum() == pytest.approx(1)
    inside = found[~crosses]
    assert found[gap] > 2 * np.median(inside)
    assert found[crosses & ~gap].min() > 2 * np.median(inside)


def test_what_is_alike_across_a_thin_thing_is_linked() -> None:
    # Three columns: the outer ones show the same words, or others.
    pairs = grid(12, 9)
    column = np.arange(12 * 9) % 9
    alike = np.where(column == 4, 1, 0)
    other = np.where(column == 4, 1, np.where(column > 4, 2, 0))
    chances = np.where(alike[pairs.first] != alike[pairs.second], 0.5, 0.05)
    walls = chances > 0.1
    linked, apart = (
        global_strength(pairs, random_walk(pairs, content_of(words), chances))[walls].mean()
        for words in (alike, other)
    )
    assert linked < apart


def test_two_regions_have_one_vector() -> None:
    pair = Pairs(np.array([0]), np.array([1]), np.zeros(1), np.array([7.0]))
    found = global_strength(pair, random_walk(pair, content_of(np.array([0, 1])), np.array([0.3])))
    assert found == pytest.approx([1.0])
    places, gaps = embed(sparse.csr_array([[0.0, 2.0], [2.0, 0.0]]), np.array([1.0, 3.0]))
    assert places.shape == (2, 1)
    assert gaps == pytest.approx([2.0])  # the eigenvalue of a walk that always leaves is -1
    assert [1, 3] @ places == pytest.approx(0)
    assert [1, 3] @ places**2 / 4 == pytest.approx(1)


def test_same_bytes_on_one_thread_and_on_two() -> None:
    pairs = grid(40, 40)
    random = np.random.default_rng(0)
    content, chances = content_of(random.integers(0, 6, 1600)), random.random(len(pairs.first))
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(random_walk(pairs, content, chances).tobytes())
    assert found[0] == found[1]
