"""What models are fitted with, for the tests of the methods that work in tiles."""

from __future__ import annotations

import numpy as np

from segprior.tiling.grid import Tiling
from segprior.tiling.model import Fitting
from segprior.tiling.overview import Overview
from tests.helpers.written import InMemory


def fitting(side: int = 96) -> Fitting:
    values = np.random.default_rng(0).random((side, side, 3), np.float32)
    values[side // 4 : side // 2, side // 4 : side // 2] += 1
    image = Overview(InMemory(values / np.float32(2)), 1.0)
    tiling = Tiling(shape=(side, side), tile_size=60, overlap=16)
    return Fitting(image=image, tiling=tiling, sampled=list(tiling), seed=0)
