"""What every way to fit a generator offers."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Engine"]


class Engine(Protocol):
    """One or several generators, on their way to an image."""

    def forward(self) -> list[float]:
        """Generate; return each member's mean absolute error."""

    def update(self) -> None:
        """Take one step of the optimiser from the last forward pass."""

    def output(self, place: int) -> NDArray[np.float32]:
        """Copy what a member generated last, (rows, columns, C)."""

    def features(self, block: str, place: int) -> NDArray[np.float32]:
        """Copy what a block of a member gave last, (rows', columns', width)."""
