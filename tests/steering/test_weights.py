from __future__ import annotations

import dataclasses

import pytest

from segprior.steering.weights import Weights


def test_weights_are_numbers_that_do_not_change() -> None:
    weights = Weights()
    assert weights == Weights()
    assert weights.marked != weights.boxed
    with pytest.raises(dataclasses.FrozenInstanceError):
        weights.link = 2.0  # type: ignore[misc]
