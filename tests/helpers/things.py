"""Images of small things, with their numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Centres of discs of radius 10: two pairs that touch, and three alone.
CENTRES = ((24, 30), (24, 47), (24, 100), (80, 60), (80, 120), (98, 120), (60, 20))


def discs(radius: float = 10, noise: float = 0.02) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Light discs on a dark ground, and which is which."""
    rows, columns = np.ogrid[:120, :160]
    distance = np.stack([np.hypot(rows - y, columns - x) for y, x in CENTRES])
    nearest = distance.argmin(0).astype(np.int32)
    labels = np.where(distance.min(0) < radius, nearest + 1, 0).astype(np.int32)
    draw = np.random.default_rng(0).normal(0, noise, (*labels.shape, 3))
    # A soft rim, as lenses make it.
    rim = np.clip((radius - distance.min(0)) / 2 + 0.5, 0, 1)[..., None]
    return (0.1 + 0.6 * rim + draw).clip(0, 1).astype(np.float32), labels
