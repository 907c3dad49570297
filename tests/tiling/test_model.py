from __future__ import annotations

import numpy as np

from segprior.tiling.model import Fitting
from tests.helpers.written import InMemory


def test_the_seed_of_a_tile_is_that_of_its_place() -> None:
    from segprior.tiling.grid import Tiling
    from segprior.tiling.overview import Overview

    flat = InMemory(np.zeros((100, 100, 1), np.float32))
    tiling = Tiling(shape=(100, 100), tile_size=48, overlap=8)
    fitting = Fitting(image=Overview(flat, 1.0), tiling=tiling, sampled=[], seed=3)
    seeds = [fitting.tile_seed(tile) for tile in tiling]
    assert len(set(seeds)) == len(tiling)
    assert seeds == [fitting.tile_seed(tile) for tile in tiling]
