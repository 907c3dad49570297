from __future__ import annotations

import numpy as np
import pytest

from segprior.metrics import tables
from segprior.metrics.tables import contingency, join_columns
from tests.helpers.label_maps import random_map


def test_the_table_without_room_for_a_dense_one(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = contingency(random_map(0), random_map(1))
    assert (expected.counts > 0).all()
    assert expected.counts.sum() == 99
    monkeypatch.setattr(tables, "DENSE", 0)
    for ours, theirs in zip(contingency(random_map(0), random_map(1)), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("roomy", [0, tables.ROOMY])
def test_columns_joined_are_those_of_the_joined_map(
    monkeypatch: pytest.MonkeyPatch, roomy: int
) -> None:
    monkeypatch.setattr(tables, "ROOMY", roomy)
    first, second = random_map(0), random_map(1)
    into = np.array([4, 0, 4, 9, 0, 7, 4, 9, 1, 1])
    labels, ranks = np.unique(second, return_inverse=True)
    into = into[np.arange(len(labels)) % len(into)]
    joined = join_columns(contingency(first, second), into)
    expected = contingency(first, into[ranks.reshape(second.shape)])
    for ours, theirs in zip(joined, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype.kind == "i"
