"""Which stored values an image has, gathered part by part, and the range that it is taken for."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segprior.image.values import extent

__all__ = ["Spread", "ValueRange"]

ValueRange = tuple[float, float] | Literal["auto", "full"]

# What counts as little of a range. Photographs use more than half of it, a dim camera a twentieth.
_LITTLE = 0.25
# Share of the values that may lie beyond the range at either end, as hot pixels do, and how far
# they must lie, in parts of the range, to be left there.
_TAIL, _FAR = 1e-4, 0.5
# Of a small image at least so many values may, unless that is more than this share.
_HOT, _MOST = 2, 0.01
# Values that percentiles are taken of.
_SAMPLE = 1 << 21
_ROUNDING = 1e-5


class Spread:
    """The values of an image.

    Parameters
    ----------
    shape : (int, int, int)
        Rows, columns and channels of the whole.

    Attributes
    ----------
    low, high : float
        The smallest and the largest so far; infinite the wrong way round if there is none.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.low, self.high = math.inf, -math.inf
        self._step = max(1, math.ceil(math.sqrt(math.prod(shape) / _SAMPLE)))
        self._kept: list[NDArray[np.generic]] = []

    def add(
        self,
        values: NDArray[np.generic],
        name: str,
        valid: NDArray[np.bool_] | None = None,
        place: tuple[int, int] = (0, 0),
    ) -> None:
        """Take note of a part.

        Parameters
        ----------
        values : ndarray of shape (h, w, C)
        name : str
            For the message.
        valid : ndarray of bool, shape (h, w), optional
            Which pixels count.
        place : (int, int)
            The row and column where the part begins, so that parts give the same sample as the
            whole.

        Raises
        ------
        ImageError
            If values are NaN or infinite.
        """
        # Extremes first, which refuse what is not finite.
        counted = values if valid is None else values[valid][:, np.newaxis]
        if not counted.size:
            return
        low, high = extent(counted, name)
        self.low, self.high = min(self.low, low), max(self.high, high)
        steps = tuple(slice(-start % self._step, None, self._step) for start in place)
        sample = values[steps]
        self._kept.append(sample.ravel() if valid is None else sample[valid[steps]].ravel())

    def range(
        self, dtype: np.dtype[np.generic], depth: int | None, wanted: Literal["auto", "full"]
    ) -> tuple[float, float] | None:
        """Return the values that become 0 and 1.

        Parameters
        ----------
        dtype : numpy.dtype
            Of the values.
        depth : int or None
            Bits of unsigned integers, where they are fewer than the type has.
        wanted : {"auto", "full"}
            Whether an image that uses little of the range of its type is stretched.

        Returns
        -------
        (float, float) or None
            None stands for the customary range of the type, in which floats in [0, 1] are kept.
        """
        if dtype.kind == "b" or not self.low < self.high:
            return None
        customary = dtype.kind == "u" and dtype.itemsize <= 2
        largest = float((1 << (depth or 8 * dtype.itemsize)) - 1) if customary else 1.0
        inside = customary or (self.low >= -_ROUNDING and self.high <= 1 + _ROUNDING)
        if wanted == "full":
            return None if inside else (self.low, self.high)
        low, high = self._usual()
        return None if inside and high - low >= _LITTLE * largest else (low, high)

    def _usual(self) -> tuple[float, float]:
        """The extremes, or percentiles where extremes lie far beyond those."""
        sample = np.concatenate(self._kept)
        tail = max(_TAIL, _HOT / max(1, sample.size))
        if tail > _MOST:
            return self.low, self.high
        low, high = map(float, np.quantile(sample, (tail, 1 - tail)))
        # Halves, because the difference of two huge numbers may be infinite.
        reach = (high / 2 - low / 2) * 2 * _FAR
        if not 0 < reach < math.inf:
            return self.low, self.high
        return (
            self.low if self.low >= low - reach else low,
            self.high if self.high <= high + reach else high,
        )
