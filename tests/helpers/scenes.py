"""Images with one object."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def textured(rows: int = 150, columns: int = 170) -> NDArray[np.uint8]:
    """A disc with one texture before a ground with another."""
    row, column = np.ogrid[:rows, :columns]
    disc = np.hypot(row - rows / 2, column - columns / 2) < 0.3 * rows
    noise = np.random.default_rng(0).normal(size=(rows, columns, 3))
    values = np.where(disc[..., None], (190, 150, 90) + 30 * noise, (60, 80, 70) + 12 * noise)
    return np.clip(values, 0, 255).astype(np.uint8)


def square(channels: int = 3) -> NDArray[np.float32]:
    """A light square left of the middle on a dark ground with a little texture."""
    values = np.random.default_rng(0).normal(0.2, 0.01, (40, 48, channels))
    values[12:28, 14:30] += 0.6
    return values.clip(0, 1).astype(np.float32)


INSIDE = np.zeros((40, 48), bool)
INSIDE[12:28, 14:30] = True


def coloured_object(seed: int = 0, noise: int = 20) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """An object off the middle on a ground of another colour, with noise, and where it is."""
    truth = np.zeros((48, 64), bool)
    truth[12:34, 20:50] = True
    colours = np.array([[60, 90, 150], [200, 120, 60]])[truth.astype(int)]
    spread = np.random.default_rng(seed).integers(-noise, noise + 1, colours.shape)
    return np.clip(colours + spread, 0, 255).astype(np.uint8), truth
