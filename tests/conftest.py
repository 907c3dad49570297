"""Fixtures that several test modules share."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

# What helpers assert is shown as what tests assert.
pytest.register_assert_rewrite("tests.helpers")


def pytest_configure(config: pytest.Config) -> None:
    """Compile the inner loops once, before several processes would do so at the same time."""
    if hasattr(config, "workerinput"):
        return
    from segprior import fit_prior

    fit_prior(np.linspace(0, 1, 32 * 32 * 3).reshape(32, 32, 3), members=1, iterations=2)


@pytest.fixture
def rgb() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


@pytest.fixture
def unit(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = np.divide(rgb, np.float32(255))
    return unit
