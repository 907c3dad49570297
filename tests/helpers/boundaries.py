"""Boundaries for the tests of their scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def line(column: int) -> NDArray[np.bool_]:
    found = np.zeros((40, 30), bool)
    found[:, column] = True
    return found


# Of the diagonal of 40 x 30 pixels, which is 50, this is 2.
TWO_PIXELS = 0.04
