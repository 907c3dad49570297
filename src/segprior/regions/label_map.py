"""Label maps made simpler: classes joined, pieces taken apart, specks absorbed, labels sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "absorb", "by_area", "drop_specks", "fill_holes", "join", "mean_colours", "pieces", "ranks",
]  # fmt: skip


def mean_colours(
    labels: NDArray[Any], image: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pixels and mean colour of each label, (count,) and (count, C); labels are from 0."""
    flat = labels.ravel()
    sizes = np.bincount(flat, minlength=count)
    sums = [
        np.bincount(flat, weights=image[..., band].ravel(), minlength=count)
        for band in range(image.shape[2])
    ]
    return sizes, np.stack(sums, -1) / np.maximum(sizes, 1)[:, None]


def join(
    labels: NDArray[Any], image: NDArray[np.float32], n: int, keep: int = 0
) -> NDArray[np.intp]:
    """Join the most similar classes until ``n`` are left.

    The pair whose union adds least to the squared distances of the pixels from the mean colours
    of their classes is joined first (Ward's criterion), so small classes go before large ones.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 to K - 1, all present.
    image : ndarray of float32, shape (H, W, C)
    n : int
        Classes wanted.
    keep : int
        The first so many classes are never joined with each other.

    Returns
    -------
    ndarray of int, shape (K,)
        The new class of each label, 0 to n - 1, in the order of the lowest label in each.
    """
    count = int(labels.max()) + 1
    sizes, colours = mean_colours(labels, image, count)
    weights = sizes.astype(np.float64)
    root = np.arange(count)
    alive = np.ones(count, bool)
    apart = ((colours[:, None] - colours) ** 2).sum(-1)
    while alive.sum() > max(n, 1):
        cost = apart * (weights[:, None] * weights / (weights[:, None] + weights))
        cost[~alive] = np.inf
        cost[:, ~alive] = np.inf
        cost[:keep, :keep] = np.inf
        np.fill_diagonal(cost, np.inf)
        one, other = sorted(divmod(int(cost.argmin()), count))
        share = weights[other] / (weights[one] + weights[other])
        colours[one] += share * (colours[other] - colours[one])
        weights[one] += weights[other]
        apart[one] = apart[:, one] = ((colours - colours[one]) ** 2).sum(-1)
        alive[other] = False
        root[root == other] = one
    _, merged = np.unique(root, return_inverse=True)
    return np.asarray(merged).reshape(count)


def pieces(labels: NDArray[Any]) -> NDArray[np.int64]:
    """Number the connected pieces of equal labels from 0; pixels connect by sides, not corners."""
    from skimage.measure import label

    found: NDArray[np.int64] = label(labels, connectivity=1, background=-1) - 1
    return found


def absorb(
    labels: NDArray[Any], image: NDArray[np.float32], min_size: int, *, keep_classes: bool = False
) -> NDArray[Any]:
    """Give each connected piece below ``min_size`` pixels to its most similar neighbour.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
    image : ndarray of float32, shape (H, W, C)
        Similar is what is near in mean colour.
    min_size : int
        Pieces of at least this many pixels stay.
    keep_classes : bool
        The largest piece of each label stays too, whatever its size.

    Returns
    -------
    ndarray of int, shape (H, W)
        Of the same type.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    while True:
        found = pieces(labels)
        count = int(found.max()) + 1
        sizes, colours = mean_colours(found, image, count)
        classes = np.zeros(count, labels.dtype)
        classes[found] = labels
        small = sizes < min_size
        if keep_classes:
            order = np.lexsort((-sizes, classes))
            first = np.concatenate([[True], np.diff(classes[order]) != 0])
            small[order[first]] = False
        if count == 1 or not small.any():
            return labels
        one, other = _neighbours(found, count)
        here = small[one]
        one, other = one[here], other[here]
        distance = ((colours[one] - colours[other]) ** 2).sum(-1)
        order = np.lexsort((other, distance, one))
        one, other = one[order], other[order]
        nearest = np.concatenate([[True], np.diff(one) != 0])
        edges = coo_matrix(
            (np.ones(nearest.sum(), np.int8), (one[nearest], other[nearest])), (count, count)
        )
        _, group = connected_components(edges, directed=False)
        # Each group takes the class of its largest piece.
        order = np.lexsort((-sizes, group))
        first = np.concatenate([[True], np.diff(group[order]) != 0])
        labels = classes[order[first]][group][found]


def _neighbours(found: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], ...]:
    """All pairs of pieces that touch by a side, both ways round."""
    pairs = []
    for one, other in ((found[1:], found[:-1]), (found[:, 1:], found[:, :-1])):
        differ = one != other
        pairs.append(np.unique(one[differ] * count + other[differ]))
    both = np.concatenate(pairs)
    one, other = np.divmod(both, count)
    return np.divmod(np.unique(np.concatenate([both, other * count + one])), count)


def by_area(labels: NDArray[Any]) -> NDArray[np.int32]:
    """Renumber labels 1, 2, … from the largest area to the smallest."""
    if labels.min(initial=0) < 0 or labels.max(initial=0) > labels.size:
        # Few numbers far apart, for which there is no table.
        labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
    found: NDArray[np.int32] = ranks(np.bincount(labels.ravel()))[labels]
    return found


def ranks(sizes: NDArray[Any]) -> NDArray[np.int32]:
    """Number what there is 1, 2, … from the largest to the smallest, the first of equals first.

    Parameters
    ----------
    sizes : ndarray, shape (n,)
        0 is what there is not.

    Returns
    -------
    ndarray of int32, shape (n,)
        0 for what there is not.
    """
    there = np.flatnonzero(sizes)
    found = np.zeros(len(sizes), np.int32)
    found[there[np.argsort(-sizes[there], kind="stable")]] = np.arange(1, len(there) + 1)
    return found


def drop_specks(mask: NDArray[np.bool_], min_size: int) -> NDArray[np.bool_]:
    """Remove the connected pieces of a mask that are smaller than ``min_size`` pixels.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W)
        Pixels that touch by a side or a corner are connected.
    min_size : int
        Pieces of at least this many pixels stay.

    Returns
    -------
    ndarray of bool, shape (H, W)
    """
    from scipy import ndimage

    pieces, _ = ndimage.label(mask, structure=np.ones((3, 3), bool))
    kept = np.bincount(pieces.ravel()) >= min_size
    kept[0] = False
    found: NDArray[np.bool_] = kept[pieces]
    return found


def fill_holes(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add to a mask the background that does not reach the border of the image.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W)
        Background reaches from pixel to pixel by a side, not by a corner.

    Returns
    -------
    ndarray of bool, shape (H, W)
    """
    from scipy import ndimage

    # Labelling once is linear in the pixels; scipy's own binary_fill_holes dilates step by step.
    pieces, count = ndimage.label(~mask)
    hole = np.ones(count + 1, bool)
    for side in (pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]):
        hole[side] = False
    hole[0] = True
    found: NDArray[np.bool_] = hole[pieces]
    return found
