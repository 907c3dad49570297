"""Hierarchies of regions as the scores want them: which segment each region is in, cut by cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segprior.errors import ConfigError, ImageError

__all__ = ["cut_tables"]


def cut_tables(
    merges: ArrayLike, costs: ArrayLike, thresholds: Sequence[float], n_regions: int | None = None
) -> NDArray[np.int32]:
    """Find the segment that each region is part of at several thresholds.

    Parameters
    ----------
    merges : array_like of int, shape (M, 2)
        Which of the regions 0 to n - 1 became one, in this order: the second is from then on part
        of the first.
    costs : array_like of float, shape (M,)
        What each merge cost; never falling.
    thresholds : sequence of float
        Merges up to this cost count; in any order.
    n_regions : int, optional
        Number of regions n, more than M; by default M + 1.

    Returns
    -------
    ndarray of int32, shape (number of thresholds, n)
        A region that stands for the segment; ``table[regions]`` is the label map of a cut.

    Raises
    ------
    ImageError
        If merges and costs do not fit together, the costs fall, or a merge names a region that
        there is not or that is part of another already.
    ConfigError
        If a threshold is not a number.

    Examples
    --------
    >>> cut_tables([[0, 2], [0, 1]], [0.5, 2.0], [0.1, 0.5, 3.0]).tolist()
    [[0, 1, 2], [0, 1, 0], [0, 0, 0]]
    """
    pairs, prices = np.asarray(merges).reshape(-1, 2), np.asarray(costs, np.float64).ravel()
    count = len(prices) + 1 if n_regions is None else n_regions
    _check(pairs, prices, count)
    wanted = np.asarray(thresholds, np.float64)
    if np.isnan(wanted).any():
        raise ConfigError("a threshold that is not a number; pass costs at which to cut")
    tables = np.empty((len(wanted), count), np.int32)
    done, table = 0, np.arange(count, dtype=np.int32)
    for place in np.argsort(wanted, kind="stable"):
        until = int(np.searchsorted(prices, wanted[place], side="right"))
        if until > done:
            into = list(range(count))
            for one, other in pairs[done:until][::-1].tolist():  # what took others is known then
                into[other] = into[one]
            table = np.array(into, np.int32)[table]
            done = until
        tables[place] = table
    return tables


def _check(merges: NDArray[np.generic], costs: NDArray[np.float64], count: int) -> None:
    if len(merges) != len(costs) or count <= len(costs):
        raise ImageError(
            f"{len(merges)} merges of {count} regions with {len(costs)} costs; pass a cost for "
            "each merge, and fewer merges than regions"
        )
    if len(costs) and not (np.diff(costs) >= 0).all():
        raise ImageError("the costs of the merges fall; sort the merges by their costs")
    if not len(merges):
        return
    first, second = merges[:, 0], merges[:, 1]
    gone = np.full(count, len(merges))
    whole = merges.dtype.kind in "ui" and int(merges.min()) >= 0 and int(merges.max()) < count
    if whole:
        gone[second] = np.arange(len(merges))
    # A region that takes another, or is taken, must still be one by itself.
    if (
        not whole
        or len(np.unique(second)) < len(second)
        or (gone[first] <= np.arange(len(merges))).any()
    ):
        raise ImageError(
            f"merges that are not a tree over {count} regions; pass pairs of regions from 0, the "
            "second of which is in no later pair"
        )
