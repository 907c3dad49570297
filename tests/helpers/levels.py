"""Hierarchies that need no image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.levels import Hierarchy


def random_merges(count: int, seed: int = 0) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Merge any two of what is left; some costs are equal, and the first is 0."""
    rng = np.random.default_rng(seed)
    left = list(range(count))
    merges = np.empty((count - 1, 2), np.int32)
    for row in merges:
        row[:] = sorted(rng.choice(left, 2, replace=False))
        left.remove(int(row[1]))
    costs = np.sort(rng.integers(0, count, count - 1) * rng.choice([0.37, 1.0], count - 1))
    costs[:1] = 0
    return merges, costs


def random_levels(shape: tuple[int, int] = (9, 14), count: int = 20, seed: int = 0) -> Hierarchy:
    """Merge regions whose pixels lie anywhere; every region has at least one."""
    regions = np.random.default_rng(seed).integers(0, count, shape, np.int32)
    regions.flat[:count] = np.arange(count)
    merges, costs = random_merges(count, seed)
    return Hierarchy(
        regions=regions,
        merges=merges,
        costs=costs,
        levels=(2.5, 4.0, 8.1),
        edges="image",
        config=SegmentConfig(working_size=None, coarseness=0.3),
        seed=7,
        seconds=0.25,
    )


def same_parts(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether two label maps divide an image alike, whatever their numbers."""
    pairs = len(set(zip(one.flat, other.flat, strict=True)))
    return pairs == len(np.unique(one)) == len(np.unique(other))
