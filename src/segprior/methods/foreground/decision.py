"""What a method has found of the foreground: maps, and how a mask is made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Decision", "decide_by_share"]


def decide_by_share(
    maps: NDArray[np.float32],
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Take for foreground where the one map, from 0 to 1, is above a half; sure by how far."""
    if len(maps) != 1:
        raise TypeError(f"got {len(maps)} maps; say with decide= how a mask is made of them")
    return maps[0] > 0.5, np.abs(2 * maps[0] - 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Decision:
    """Maps at any size, which are enlarged bilinearly before it is decided.

    Attributes
    ----------
    maps : ndarray of float32, shape (K, h, w)
        By default one, the share that speaks for foreground.
    decide : callable
        From maps (K, rows, W), a strip of the enlarged ones, to the mask and how sure it is, in
        [0, 1], both (rows, W).
    score : float or None
        How sure the whole is, in [0, 1]; None is the mean confidence times ``certainty``.
    certainty : float
        That foreground and background are not swapped, in [0, 1].
    evidence : dict of str to float
        Named numbers behind the decision.
    things : bool
        Whether it is of small things that may touch, which can be told one by one.
    voted : bool
        What becomes of the confidence c where a mask is turned over afterwards: 1 - c if it is a
        share of votes, else 0.
    """

    maps: NDArray[np.float32]
    decide: Callable[[NDArray[np.float32]], tuple[NDArray[np.bool_], NDArray[np.float32]]] = (
        decide_by_share
    )
    score: float | None = None
    certainty: float = 1.0
    evidence: dict[str, float] = field(default_factory=dict)
    things: bool = False
    voted: bool = True

    def __post_init__(self) -> None:
        # What is wrong with a method is better told here than by what comes after it.
        if self.maps.ndim != 3 or self.maps.dtype.kind != "f":
            raise TypeError(
                f"maps must be floats, (K, h, w), not {self.maps.dtype} of shape {self.maps.shape}"
            )

        if not 0 <= self.certainty <= 1 or not (self.score is None or 0 <= self.score <= 1):
            raise TypeError(f"score {self.score} and certainty {self.certainty}; give 0 to 1")

    def total(self, confidence: NDArray[np.float32]) -> float:
        """How sure the whole is, by how sure the pixels are."""
        if self.score is not None:
            return self.score
        return float(confidence.mean(dtype=np.float64)) * self.certainty
