"""An image and its reductions, each of which is made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segprior.image.resize import is_flat, resize, working_shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Pyramid"]


class Pyramid:
    """One image at every size at which it is looked at.

    Parameters
    ----------
    full : ndarray of float32, shape (H, W, C)
        In [0, 1], as :func:`segprior.as_image` gives it.
    valid : ndarray of bool, shape (H, W), optional
        Where there is data; everywhere if not given. Elsewhere ``full`` is filled with colours from
        beside it, so that methods need not look here; what they find there does not count.

    Attributes
    ----------
    full : ndarray of float32, shape (H, W, C)
    valid : ndarray of bool, shape (H, W), or None
    """

    def __init__(self, full: NDArray[np.float32], valid: NDArray[np.bool_] | None = None) -> None:
        self.full = full
        self.valid = valid
        self._reduced: dict[tuple[int, int], NDArray[np.float32]] = {}

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the image."""
        return self.full.shape[0], self.full.shape[1]

    @property
    def flat(self) -> bool:
        """Whether it is of one colour, up to rounding."""
        return is_flat(self.full)

    def at(self, working_size: int | None) -> NDArray[np.float32]:
        """Return the image reduced to a longest side, (h, w, C); None is the full size."""
        shape = working_shape(self.full.shape, working_size)
        if shape == self.shape:
            return self.full
        if shape not in self._reduced:
            self._reduced[shape] = resize(self.full, shape)
        return self._reduced[shape]
