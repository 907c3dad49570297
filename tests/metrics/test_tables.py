from __future__ import annotations

import numpy as np
import pytest

from segprior.metrics import tables
from segprior.metrics.tables import contingency
from tests.helpers.label_maps import random_map


def test_the_table_without_room_for_a_dense_one(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = contingency(random_map(0), random_map(1))
    assert (expected.counts > 0).all()
    assert expected.counts.sum() == 99
    monkeypatch.setattr(tables, "DENSE", 0)
    for ours, theirs in zip(contingency(random_map(0), random_map(1)), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
