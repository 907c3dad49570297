from __future__ import annotations

import numpy as np

from segprior.regions.hierarchy import confidence_of, cut_table, meeting_costs

# 1 takes 3, 0 takes 2, 1 takes 4, 0 takes 1.
MERGES = np.array([[1, 3], [0, 2], [1, 4], [0, 1]], np.int32)
COSTS = np.array([1.0, 2.0, 4.0, 8.0])


def test_tables_of_all_cuts() -> None:
    tables = [cut_table(MERGES, done).tolist() for done in range(5)]
    assert tables == [
        [0, 1, 2, 3, 4], [0, 1, 2, 1, 4], [0, 1, 0, 1, 4], [0, 1, 0, 1, 1], [0, 0, 0, 0, 0],
    ]  # fmt: skip


def test_confidence_is_how_far_the_next_merge_is() -> None:
    np.testing.assert_allclose(confidence_of(MERGES, COSTS, 2, 2.0)[[0, 1, 4]], [0.75, 0.5, 0.5])
    np.testing.assert_allclose(confidence_of(MERGES, COSTS, 2, 3.0)[[0, 1, 4]], [0.625, 0.25, 0.25])
    assert confidence_of(MERGES, COSTS, 4, 8.0)[0] == 1
    assert (confidence_of(MERGES, np.zeros(4), 2, 0.0)[[0, 1, 4]] == 1).all()


def test_costs_at_which_regions_meet() -> None:
    one = np.array([3, 1, 2, 4, 4, 0, 2])
    other = np.array([1, 3, 0, 3, 2, 0, 3])
    np.testing.assert_array_equal(meeting_costs(MERGES, COSTS, one, other), [1, 1, 2, 4, 8, 0, 8])
    assert meeting_costs(MERGES[:0], COSTS[:0], one[:0], other[:0]).shape == (0,)
