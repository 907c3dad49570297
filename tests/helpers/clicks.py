"""A small image to click at: two discs of one colour on a textured ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segprior.steering.scene import Scene, look_at

__all__ = ["FIRST", "SECOND", "discs", "scene", "truth"]

FIRST, SECOND = (20, 18), (34, 46)
_SHAPE = (52, 64)


def truth(shape: tuple[int, int] = _SHAPE) -> NDArray[np.int64]:
    """1 and 2 on the discs, 0 on the ground."""
    rows, columns = (
        np.indices(shape) * np.array(_SHAPE)[:, None, None] / np.array(shape)[:, None, None]
    )
    found = np.zeros(shape, np.int64)
    for label, (row, column) in enumerate((FIRST, SECOND), 1):
        found[(rows - row) ** 2 + (columns - column) ** 2 <= 11**2] = label
    return found


def discs(
    shape: tuple[int, int] = _SHAPE, channels: int = 3, noise: float = 0.03
) -> NDArray[np.float32]:
    """The image, float32 in [0, 1]."""
    random = np.random.default_rng(0)
    ground, object = np.linspace(0.3, 0.5, channels), np.linspace(0.8, 0.4, channels)
    image = np.where(truth(shape)[..., None] > 0, object, ground)
    return np.clip(image + random.normal(0, noise, image.shape), 0, 1).astype(np.float32)


def scene(image: NDArray[np.float32] | None = None, size: int | None = 512) -> Scene:
    """What is found once of it."""
    return look_at(discs() if image is None else image, size, 0)
