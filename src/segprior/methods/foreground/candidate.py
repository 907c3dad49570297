"""A candidate mask: where the foreground may be, and how far to trust it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from segprior.features.telling_axis import TellingAxis

__all__ = ["Candidate"]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One reading of an image: a mask with its score and evidence.

    Attributes
    ----------
    kind : {"object", "things"}
        Which.
    share : ndarray of float32, shape (h, w)
        Above ½ where there is foreground.
    score : float
        In [0, 1], how far to trust it: the voters' agreement, or how well the levels separate.
    evidence : dict of str to float
        What the score and the choice rest on.
    outer : ndarray of float32, shape (h, w), optional
        Of things in things, the share of those that hold them.
    levels : ndarray of float32, shape (2, h, w), optional
        Of ground and things, by place.
    axis : TellingAxis, optional
        Along which these levels are.
    sign : int
        -1 where things are darker than their ground and the levels, so, those of the negative.
    """

    kind: Literal["object", "things"]
    share: NDArray[np.float32]
    score: float
    evidence: dict[str, float]
    outer: NDArray[np.float32] | None = None
    levels: NDArray[np.float32] | None = None
    axis: TellingAxis | None = None
    sign: int = 1
