"""Size, shape and contrast of the nodes of a threshold, all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.regions.threshold_tree.parts import Parts

__all__ = ["MEASURES", "Level", "measure"]

MEASURES = (
    "area", "ellipse", "roundness", "edge", "mean", "spread", "threshold", "cut", "outer", "inner",
    "frame", "step",
)  # fmt: skip

# How many pixels beyond a contour the level outside is taken.
_BEYOND = 3


class Level(NamedTuple):
    """What is thresholded.

    Attributes
    ----------
    values : ndarray of float64, shape (h, w)
        Smooth; higher in things.
    slope : ndarray of float64, shape (h, w)
        Length of the gradient.
    low, span : float
        Level of the ground, and from there to that of the brightest.
    """

    values: NDArray[np.float64]
    slope: NDArray[np.float64]
    low: float
    span: float


def measure(level: Level, threshold: float, parts: Parts) -> NDArray[np.float64]:
    """Measure each node of the parts of a thresholded level.

    Parameters
    ----------
    level : Level
    threshold : float
        Which made the mask.
    parts : Parts
        Of the mask; at least one hill.

    Returns
    -------
    ndarray of float64, shape (N, 12)
        In the order of `MEASURES`: ``area`` in pixels; ``ellipse``, the area over that of the
        ellipse of the same second moments, 1 for an ellipse, less for what is bent, branched or
        pinched; ``roundness``, 4π area / perimeter²; ``edge``, the mean slope along the contour;
        ``mean`` and ``spread`` (standard deviation) of the level; ``threshold``; ``cut``, the
        share of the contour that runs inside of the mask; ``outer`` and ``inner`` of the parts;
        ``frame``, the share of the contour that is the border of the image; and ``step``, the
        mean level less that beyond the contour. Levels are in units of ``span`` above ``low``.
    """
    count = int(parts.stop.max())
    inside = np.flatnonzero(parts.hills >= 0)
    hill = parts.hills.ravel()[inside]
    sums = _ranges(_moments(level.values, inside, hill, parts.hills.shape[1], count), parts)
    ground, between, pairs = _contours(level, parts.hills, count)
    outside = _ranges(ground, parts)
    crossing = _ranges(between, parts) - _within(pairs, parts)
    area = sums[:, 0]
    row, column, rows, columns, mixed, mean, square = (sums[:, 1:] / area[:, None]).T
    # A pixel is a square, whose own second moment is 1/12.
    determinant = (rows - row**2 + 1 / 12) * (columns - column**2 + 1 / 12)
    determinant -= (mixed - row * column) ** 2
    contour = outside[:, :3] + crossing
    sides = np.maximum(contour[:, 0], 1)
    length = np.maximum(contour[:, 0] + outside[:, 3], 1)
    return np.stack(
        [
            area,
            area / (4 * np.pi * np.sqrt(np.maximum(determinant, 1e-9))),
            # Sides of pixels are 4/π times as long as a contour of any direction.
            4 * np.pi * area / (length * np.pi / 4) ** 2,
            contour[:, 1] / sides / level.span,
            (mean - level.low) / level.span,
            np.sqrt(np.maximum(square - mean**2, 0)) / level.span,
            np.full(len(area), (threshold - level.low) / level.span),
            crossing[:, 0] / length,
            parts.outer,
            parts.inner,
            outside[:, 3] / length,
            (mean - contour[:, 2] / sides) / level.span,
        ],
        axis=1,
    )


def _ranges(of_hills: NDArray[np.float64], parts: Parts) -> NDArray[np.float64]:
    """Sum over the hills of each node."""
    total = np.concatenate([np.zeros((1, of_hills.shape[1])), np.cumsum(of_hills, axis=0)])
    sums: NDArray[np.float64] = total[parts.stop] - total[parts.first]
    return sums


def _moments(
    values: NDArray[np.float64],
    inside: NDArray[np.int64],
    hill: NDArray[np.int32],
    columns: int,
    count: int,
) -> NDArray[np.float64]:
    row, column = (axis.astype(np.float64) for axis in np.divmod(inside, columns))
    value = values.ravel()[inside]
    weights = (None, row, column, row**2, column**2, row * column, value, value**2)
    return np.stack([np.bincount(hill, weight, count) for weight in weights], axis=1).astype(float)


def _contours(
    level: Level, hills: NDArray[np.int32], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Sums along the sides of pixels between hill and ground, and between hills.

    Returns
    -------
    ground : ndarray of shape (L, 4)
        Number, slope and level beyond, of each hill; and the sides on the border of the image.
    between : ndarray of shape (L, 3)
        The first three toward other hills.
    pairs : ndarray of shape (P, 5)
        The same of each pair of hills, after their two numbers.
    """
    height, width = hills.shape
    # Beyond the border each pixel meets itself, so that it is no contour of a thing.
    padded = np.pad(hills, 1, mode="edge")
    wide = np.pad(level.values, _BEYOND, mode="edge")
    slope = level.slope.ravel()
    ground = np.zeros((count, 4))
    keys, slopes, levels = [], [], []
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        there = padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        side = np.flatnonzero((hills >= 0) & (there != hills))
        hill, beside = hills.ravel()[side], there.ravel()[side]
        top, left = _BEYOND * (1 + down), _BEYOND * (1 + right)
        beyond = wide[top : top + height, left : left + width].ravel()[side]
        free = beside < 0
        for place, weight in enumerate((None, slope[side][free], beyond[free])):
            ground[:, place] += np.bincount(hill[free], weight, count)
        keys.append(hill[~free].astype(np.int64) * count + beside[~free])
        slopes.append(slope[side][~free])
        levels.append(beyond[~free])
    for edge in (hills[0], hills[-1], hills[:, 0], hills[:, -1]):
        on_border = np.bincount(edge[edge >= 0], minlength=count)
        ground[:, 3] += on_border
    key, pair = np.unique(np.concatenate(keys), return_inverse=True)
    weights = (None, np.concatenate(slopes), np.concatenate(levels))
    stacked = np.stack([np.bincount(pair, weight, len(key)) for weight in weights], axis=1)
    sums = stacked.astype(np.float64)
    one, other = np.divmod(key, count)
    between = _added(one, sums, count)
    return ground, between, np.column_stack([one, other, sums])


def _added(
    place: NDArray[np.int64], values: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Sum rows (P, 3) into places (count, 3)."""
    found: NDArray[np.float64] = np.stack(
        [np.bincount(place, column, count) for column in values.T], axis=1
    ).astype(np.float64)
    return found


def _within(pairs: NDArray[np.float64], parts: Parts) -> NDArray[np.float64]:
    """Sums along the sides that have both of their hills in a node."""
    parent, first, stop = parts.parent.tolist(), parts.first.tolist(), parts.stop.tolist()
    meets = []
    for one, other in pairs[:, :2].astype(np.int64).tolist():
        node = parent[one]
        while node >= 0 and not first[node] <= other < stop[node]:
            node = parent[node]
        meets.append(node)
    meet = np.array(meets, np.int64)
    met = meet >= 0
    total = _added(meet[met], pairs[met, 2:], len(parent))
    for node, over in enumerate(parent):
        if over >= 0:
            total[over] += total[node]
    return total
