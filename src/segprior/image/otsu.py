"""The level that best parts values into low and high ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["otsu_threshold"]

_BINS = 256


def otsu_threshold(values: NDArray[Any]) -> float:
    """Find the level above which values are high, by Otsu's criterion.

    The same as ``skimage.filters.threshold_otsu``, whose import takes longer than all of this.

    Parameters
    ----------
    values : ndarray of float, any shape
        At least one.

    Returns
    -------
    float
        The middle of one of 256 equal bins from the lowest value to the highest; of values that
        are all the same, that value.

    References
    ----------
    .. [1] N. Otsu, "A threshold selection method from gray-level histograms", IEEE Transactions
       on Systems, Man and Cybernetics 9, 1979.
    """
    flat = values.ravel()
    if flat.min() == flat.max():
        return float(flat[0])
    found, edges = np.histogram(flat, _BINS)
    middles = (edges[:-1] + edges[1:]) / 2
    counts = found.astype(np.float32)
    below, above = np.cumsum(counts), np.cumsum(counts[::-1])[::-1]
    low = np.cumsum(counts * middles) / below
    high = np.cumsum((counts * middles)[::-1])[::-1] / above
    between = below[:-1] * above[1:] * (low[:-1] - high[1:]) ** 2
    return float(middles[np.argmax(between)])
