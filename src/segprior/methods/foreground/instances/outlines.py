"""The outlines of things that are known: each at a level of its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from segprior.image.upsampling import enlarge, enlarge_labels
from segprior.regions.label_map import fill_holes, pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["at_own_level", "in_order"]

# A pixel belongs to a thing from this share of the way from its ground to its mean level on.
_SHARE = 0.58
# How far a thing may grow, and over what distance its ground is averaged, in typical radii.
_REACH, _NEAR = 0.2, 3.0


def at_own_level(
    labels: NDArray[np.int32], level: NDArray[np.float64], shape: tuple[int, int] | None = None
) -> NDArray[np.int32]:
    """Draw each thing anew at its own level between its ground and its mean.

    Parameters
    ----------
    labels : ndarray of int32, shape (h, w)
        Things from 1, 0 where there is none.
    level : ndarray of float64, shape (h, w)
        Higher in things.
    shape : (int, int), optional
        Rows and columns to draw at, where the level is enlarged bilinearly; by default (h, w).

    Returns
    -------
    ndarray of int32
        Of that shape. Each thing in one piece, without holes. Some may be gone.
    """
    from scipy import ndimage

    shape = (labels.shape[0], labels.shape[1]) if shape is None else shape
    if not labels.any():
        return np.zeros(shape, np.int32)
    count = int(labels.max()) + 1
    sizes = np.maximum(np.bincount(labels.ravel(), minlength=count), 1)
    radius = float(np.sqrt(np.median(sizes[1:]) / np.pi))
    distance, nearest = ndimage.distance_transform_edt(labels == 0, return_indices=True)
    # The row of pixels around a thing is not yet ground.
    ground = distance > 1.5
    near, sums = (
        _widely(values, _NEAR * radius) for values in (ground.astype(np.float64), level * ground)
    )
    everywhere = level[ground].mean() if ground.any() else level.min()
    low = (sums + 0.01 * everywhere) / (near + 0.01)
    of_things, of_ground = (
        np.bincount(labels.ravel(), values.ravel(), count) / sizes for values in (level, low)
    )
    least = of_ground + _SHARE * (of_things - of_ground)
    owner = np.where(distance <= max(1.5, _REACH * radius), labels[tuple(nearest)], 0)
    owner = enlarge_labels(owner.astype(np.int32), shape)
    kept = np.empty(shape, bool)
    for rows, strip in enlarge(level.astype(np.float32)[None], shape):
        kept[rows] = (owner[rows] > 0) & (strip[0] > least[owner[rows]])
    return _largest(np.where(fill_holes(kept), owner, 0))


def in_order(labels: NDArray[np.int32], least: int) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Number things anew in the order of their first pixels, without those that are small.

    Parameters
    ----------
    labels : ndarray of int32, shape (h, w)
    least : int
        Pixels that a thing must have.

    Returns
    -------
    labels : ndarray of int32, shape (h, w)
    before : ndarray of int, shape (n,)
        The number that each had.
    """
    found, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    kept = (found > 0) & (sizes >= least)
    found = found[kept][np.argsort(first[kept])]
    number = np.zeros(int(labels.max(initial=0)) + 1, np.int32)
    number[found] = np.arange(1, len(found) + 1)
    return number[labels], found.astype(np.intp)


def _widely(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Smooth as a Gaussian does, by three means over boxes, in a time that no width adds to."""
    from scipy import ndimage

    size = round(math.sqrt(4 * sigma**2 + 1))
    for _ in range(3):
        values = ndimage.uniform_filter(values, size)
    return values


def _largest(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """The largest connected piece of each label."""
    piece = pieces(labels)
    sizes = np.bincount(piece.ravel())
    label = np.zeros(len(sizes), np.int64)
    label[piece] = labels
    order = np.lexsort((np.arange(len(sizes)), -sizes, label))
    first = np.ones(len(order), bool)
    first[1:] = label[order][1:] != label[order][:-1]
    kept = np.zeros(len(sizes), bool)
    kept[order[first]] = True
    return np.where(kept[piece], labels, 0)
