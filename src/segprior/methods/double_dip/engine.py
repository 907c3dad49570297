"""What every way to fit the three generators offers."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from numpy import float32
from numpy.typing import NDArray

__all__ = ["BACKGROUND", "FOREGROUND", "LEAST_APART", "MASK", "PARTS", "Aims", "Engine"]

FOREGROUND, BACKGROUND, MASK = PARTS = (0, 1, 2)

# The mean distance of a mask from 1/2 counts as no less: the push is 1 divided by it.
LEAST_APART = 1e-6


class Aims(NamedTuple):
    """What the parts are asked for by themselves at one iteration.

    Attributes
    ----------
    hinted : bool
        Each layer, to be the image inside its hint.
    guess : bool
        The mask, to be the hint.
    push : float
        The mask, to be near 0 and 1: the weight of 1 / mean |mask - 1/2|.
    """

    hinted: bool
    guess: bool
    push: float

    def of(self, part: int) -> bool:
        """Whether a part is asked for anything."""
        return self.guess or self.push > 0 if part == MASK else self.hinted


class Engine(Protocol):
    """Foreground, background and mask on their way; parts may be worked on side by side."""

    def begin(self, learning_rate: float) -> None:
        """Start a step, with new optimisers."""

    def generate(self, part: int, deviation: float, aims: Aims) -> float:
        """Generate a part from its noise and new noise; return what it costs by itself."""

    def compare(self, weight: float) -> tuple[float, float]:
        """Compose the image; return its mean absolute error and its mean squared error.

        Of the first, ``weight`` times it, each part is told its share.
        """

    def learn(self, part: int) -> None:
        """Take one step of a part's optimiser by what it costs and was told."""

    def images(self) -> tuple[NDArray[float32], NDArray[float32], NDArray[float32]]:
        """Copy the layers (rows, columns, C) and the mask (rows, columns) as generated last."""
