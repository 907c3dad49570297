from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.regions.adjacency import laplacian, symmetric, touching_pairs


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


def test_links_go_both_ways_add_up_and_have_a_laplacian() -> None:
    links = symmetric(np.array([2.0, 3.0, 0.5]), np.array([0, 1, 0]), np.array([1, 2, 1]), 4)
    whole = np.array([[0, 2.5, 0, 0], [2.5, 0, 3, 0], [0, 3, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(links.toarray(), whole)
    np.testing.assert_array_equal(laplacian(links).toarray(), np.diag([2.5, 5.5, 3, 0]) - whole)
