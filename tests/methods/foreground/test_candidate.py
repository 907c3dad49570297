from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from segprior.methods.foreground.candidate import Candidate


def test_a_reading_is_of_light_things_without_levels_unless_it_says_so() -> None:
    share = np.zeros((8, 8), np.float32)
    found = Candidate(kind="things", share=share, score=0.5, evidence={"nested": 1.0})
    assert (found.levels, found.sign) == (None, 1)
    assert dataclasses.replace(found, sign=-1).sign == -1
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.score = 1.0  # type: ignore[misc]
