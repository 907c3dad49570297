"""A drawn frame around a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["inside_frame"]

# A frame takes less than this share of a side, is plain up to this standard deviation, fades over
# so many lines, and most of what comes after it is of another colour by this much.
_WIDEST, _PLAIN, _FADES = 0.1, 0.03, 2
_OTHER, _STEP = 0.7, 0.1
# It is on two sides at least: on one it may be the sky, or a wall.
_SIDES = 2


def inside_frame(image: NDArray[np.float32]) -> tuple[slice, slice]:
    """Find the part of a picture that is inside of a frame, if it has one.

    Parameters
    ----------
    image : ndarray of float32, shape (h, w, C)
        In [0, 1].

    Returns
    -------
    rows, columns : slice
        All of them where there is no frame of one colour, less than a tenth of the side wide, on
        two sides or more. The plain ground of a thing is none: beyond a frame the colour changes
        along nearly the whole of it.
    """
    widths = [
        _width(lines)
        for lines in (
            image,
            image[::-1],
            image.transpose(1, 0, 2),
            image.transpose(1, 0, 2)[::-1],
        )
    ]
    if sum(width > 0 for width in widths) < _SIDES:
        return slice(None), slice(None)
    top, bottom, left, right = widths
    rows, columns = image.shape[:2]
    return slice(top, rows - bottom), slice(left, columns - right)


def _width(lines: NDArray[np.float32]) -> int:
    """How many of the first lines, (n, length, C), are a frame, with those where it fades."""
    most = int(len(lines) * _WIDEST)
    plain = 0
    while plain < most and lines[plain].std(axis=0).max() < _PLAIN:
        plain += 1
    if not 0 < plain < most:
        return 0
    colour = lines[0].mean(axis=0)
    other = np.abs(lines[plain + _FADES - 1] - colour).max(axis=1) > _STEP
    return plain + _FADES if other.mean() > _OTHER else 0
