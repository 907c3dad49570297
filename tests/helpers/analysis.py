"""A scene, and settings for analyses and figures that take no time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.config.analysis import ReproduceConfig
from segprior.config.prior import PriorConfig

SHORT: dict[str, Any] = {
    "members": 2, "iterations": 4, "working_size": 48, "snapshots": (2, 3), "late": 5,
    "windows": (1, 3),
}  # fmt: skip


def scene(rows: int = 48, columns: int = 64) -> NDArray[np.uint8]:
    """A textured object, clear of the border, on a plain ground."""
    image = np.random.default_rng(0).integers(40, 70, (rows, columns, 3))
    image[rows // 4 : -rows // 4, columns // 4 : -columns // 4] += 130
    return np.asarray(image, np.uint8)


TINY = ReproduceConfig(
    prior=PriorConfig(members=1, iterations=2, working_size=32), double_dip="fast",
    double_dip_size=32,
)  # fmt: skip
