"""What a method has found: labels, how sure they are, and how they are numbered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.regions.label_map import by_area

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Classes"]

_ROUNDING = 1e-5


@dataclass(frozen=True, kw_only=True, eq=False)
class Classes:
    """What was found.

    Attributes
    ----------
    labels : ndarray of int32, shape (H, W)
        All different numbers stand for different classes.
    confidence : ndarray of float32, shape (H, W)
    evidence : dict of str to float
    curves : dict of str to ndarray of shape (iterations,)
    numbered : callable
        Numbers such labels, from 1, as they go to the user.
    """

    labels: NDArray[np.int32]
    confidence: NDArray[np.float32]
    evidence: dict[str, float]
    curves: dict[str, NDArray[Any]] = field(default_factory=dict)
    numbered: Callable[[NDArray[np.int32]], NDArray[np.int32]] = by_area

    def __post_init__(self) -> None:
        # What is wrong with a method is better told here than by what comes after it.
        labels, confidence = self.labels, self.confidence
        if labels.ndim != 2 or labels.dtype.kind not in "iu" or labels.min(initial=0) < 0:
            raise TypeError(
                f"labels must be whole numbers from 0, (h, w), not {labels.dtype} of shape "
                f"{labels.shape}"
            )
        if confidence.shape != labels.shape:
            raise TypeError(f"confidence of shape {confidence.shape} for labels {labels.shape}")
        low, high = confidence.min(initial=0), confidence.max(initial=0)
        if not (low >= -_ROUNDING and high <= 1 + _ROUNDING):
            raise TypeError("confidence must lie in [0, 1]")
