"""The plain way is the compiled one; what both must do is tested in test_grabcut.py."""

from __future__ import annotations

import numpy as np
import pytest

from segprior.regions import grabcut_plain
from segprior.regions.grabcut import cut
from segprior.runtime import loops
from tests.helpers.scenes import coloured_object


@pytest.mark.skipif(not loops.are_there(), reason="no compiled loops")
@pytest.mark.parametrize("iterations", [0, 1, 4])
@pytest.mark.parametrize("seed", range(4))
def test_it_cuts_as_the_compiled_loops_do(seed: int, iterations: int) -> None:
    picture, truth = coloured_object(seed, noise=90)
    guess = np.zeros(truth.shape, bool)
    guess[6:40, 10:54] = True
    for ground in (None, ~guess):
        found = cut(picture, guess, seed, iterations=iterations, ground=ground)
        plain = grabcut_plain.cut(picture, guess, seed, iterations, ground)
        # A rounding apart, a pixel may change sides.
        assert (found != plain).mean() < 0.002


@pytest.mark.skipif(not loops.are_there(), reason="no compiled loops")
@pytest.mark.parametrize("seed", range(4))
def test_noise_is_cut_the_same(seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    guess = np.zeros((30, 40), bool)
    guess[8:22, 8:32] = True
    found = cut(picture, guess, seed, iterations=3)
    assert (found != grabcut_plain.cut(picture, guess, seed, 3, None)).mean() < 0.01
