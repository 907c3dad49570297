"""Small things on a ground, found by a threshold that follows the levels of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segprior.features.telling_axis import find_axis
from segprior.image.otsu import otsu_threshold
from segprior.image.resize import resize, working_shape
from segprior.methods.foreground.candidate import Candidate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LARGEST_SIZE", "read_things", "share_of"]

# Longest side at which things are thresholded, and the share of it over which the grey levels of
# things and ground are averaged.
LARGEST_SIZE = 640
_NEAR = 1 / 80
_TIMES = 4
# The smaller side of the threshold is ground all the same if it has this share of the border.
_RIM = 0.75
# A second level among the things, as far from the first as that is from the ground, is taken if
# the pieces of the first are more ragged than this: area over that of the convex hull, the mean.
_SOLID = 0.85
# Pixels from which on a piece has a shape.
_SPECK = 9


def read_things(image: NDArray[np.float32]) -> Candidate:
    """Find things that are brighter or darker than their ground, however many.

    Along the axis that tells most (:func:`segprior.features.telling_axis.find_axis`: grey, or a
    mixture of the bands), the image is split at Otsu's threshold; the side with fewer pixels is
    foreground. The threshold then follows the levels of things and ground
    nearby: half way between their local means, four times over. Where what was found is ragged
    and holds things that stand out as much again, like the nuclei of stained cells, those are
    taken that stand out from what is around them, within a radius of an 80th of the longest side.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1]; reduced to a longest side of 640 if it is larger.

    Returns
    -------
    Candidate
        ``share`` goes from 0 at the level of the ground to 1 at that of the things.
        ``score`` comes from the share of the variance that the threshold explains (Otsu's
        criterion). ``evidence`` holds it as ``separability``, and ``nested``, 1 if it was split
        once more, and ``mixture``, 1 if the axis is a mixture of the bands.

    References
    ----------
    .. [1] N. Otsu, "A threshold selection method from gray-level histograms", IEEE Transactions
       on Systems, Man and Cybernetics 9, 1979.
    """
    image = resize(image, working_shape(image.shape, LARGEST_SIZE))
    axis = find_axis(image)
    level = axis.levels(image)
    if np.ptp(level) < 1e-6:
        return Candidate(
            kind="things",
            share=np.zeros(level.shape, np.float32),
            score=0.0,
            evidence={"separability": 0.0, "nested": 0.0, "mixture": 0.0},
        )
    bright = level > otsu_threshold(level)
    few = float(bright.mean(dtype=np.float64))
    variance = float(level.var())
    between = (level[bright].mean() - level[~bright].mean()) ** 2 * few * (1 - few)
    separability = float(between / variance)
    sign = 1
    # What owns most of the border is the ground of an object that fills the frame.
    if (few > 0.5) != (_on_border(bright if few <= 0.5 else ~bright) > _RIM):
        sign, level, bright = -1, -level, ~bright
    over = max(image.shape) * _NEAR
    bright, low, high = _follow(level, bright, np.ones_like(bright), over)
    inner, outer = _inner_things(level, bright), None
    if inner is not None:
        outer = share_of(level, low.astype(np.float32), high.astype(np.float32))
        low, high = _levels_of_peaks(level, _follow(level, inner, bright, over)[0], over)
    levels = np.stack([low, high]).astype(np.float32)
    return Candidate(
        kind="things",
        share=share_of(level, *levels),
        score=float(np.clip((separability - 0.5) / 0.45, 0, 1)),
        evidence={
            "separability": separability,
            "nested": float(inner is not None),
            "mixture": float(axis.weights is not None),
        },
        outer=outer,
        levels=levels,
        axis=axis,
        sign=sign,
    )


def share_of(
    level: NDArray[np.float64], low: NDArray[np.float32], high: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Where a level lies between that of the ground, 0, and that of the things, 1."""
    share = 0.5 + (level - (high + low) / 2) / np.maximum(np.abs(high - low), 1e-9)
    clipped: NDArray[np.float32] = np.clip(share, 0, 1).astype(np.float32)
    return clipped


def _follow(
    level: NDArray[np.float64], bright: NDArray[np.bool_], within: NDArray[np.bool_], over: float
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Let a threshold follow the levels nearby: what is above it, and both levels by place.

    Ground is what is within and not bright; both must be somewhere.
    """
    things, ground = level[bright].mean(), level[within & ~bright].mean()
    for _ in range(_TIMES):
        high = _local_mean(level, bright, over, things)
        low = _local_mean(level, within & ~bright, over, ground)
        bright = within & (level > (high + low) / 2)
        if not bright.any() or (bright == within).all():
            break
    return bright, low, high


def _inner_things(
    level: NDArray[np.float64], bright: NDArray[np.bool_]
) -> NDArray[np.bool_] | None:
    """Things in ragged things that stand out from them as they do from the ground, if any."""
    if not bright.any() or bright.all() or np.ptp(level[bright]) < 1e-6:
        return None
    inner = bright & (level > otsu_threshold(level[bright]))
    outer = level[bright & ~inner].mean()
    if level[inner].mean() - outer < outer - level[~bright].mean():
        return None
    from skimage.measure import label, regionprops

    pieces = [piece for piece in regionprops(label(bright)) if piece.area >= _SPECK]
    area = sum(piece.area for piece in pieces)
    ragged = bool(pieces) and sum(p.area * p.solidity for p in pieces) < _SOLID * area
    return inner if ragged else None


def _levels_of_peaks(
    level: NDArray[np.float64], bright: NDArray[np.bool_], width: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Levels of what is narrow and stands out from what is around it, in bright things only."""
    from scipy import ndimage

    around = ndimage.grey_opening(ndimage.gaussian_filter(level, 1), size=2 * round(width) + 1)
    low = ndimage.gaussian_filter(around, width / 2)
    step = 2 * otsu_threshold(level - low)
    # Where nothing is bright, nothing is half way.
    far = 2 * float(np.ptp(level)) + step
    return low, low + np.where(ndimage.binary_dilation(bright), step, far)


def _on_border(mask: NDArray[np.bool_]) -> float:
    """Share of the pixels along the border that are in a mask."""
    return float(np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]]).mean())


def _local_mean(
    level: NDArray[np.float64], mask: NDArray[np.bool_], over: float, everywhere: float
) -> NDArray[np.float64]:
    """Mean level of the masked pixels nearby, or of all of them where few are near."""
    from scipy import ndimage

    weight = ndimage.gaussian_filter(mask.astype(float), over)
    total = ndimage.gaussian_filter(level * mask, over)
    mean: NDArray[np.float64] = (total + 0.05 * everywhere) / (weight + 0.05)
    return mean
