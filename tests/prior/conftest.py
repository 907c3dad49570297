from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture(scope="module")
def image() -> NDArray[np.float32]:
    rows, columns = np.mgrid[:33, :42]
    disc = (rows - 16) ** 2 + (columns - 20) ** 2 < 100
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, (33, 42, 3))
    picture = np.where(disc[..., None], [0.9, 0.7, 0.2], [0.1, 0.3, 0.4]) + noise
    return picture.clip(0, 1).astype(np.float32)
