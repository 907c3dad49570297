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
