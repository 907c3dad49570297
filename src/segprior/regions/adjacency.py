"""A region adjacency graph: which regions touch, and what is in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Content", "Pairs", "laplacian", "symmetric", "touching_pairs"]


class Pairs(NamedTuple):
    """Regions that touch.

    Attributes
    ----------
    first, second : ndarray of int64, shape (m,)
        The lower and the higher number of each pair; ascending, no pair twice.
    sums, lengths : ndarray of float64, shape (m,)
        Of the boundary between the two: its strength added up over the pairs of pixels that
        touch, and how many these are.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    sums: NDArray[np.float64]
    lengths: NDArray[np.float64]


class Content(NamedTuple):
    """What is in each of n regions, added up over its pixels.

    Attributes
    ----------
    areas : ndarray of float64, shape (n,)
        How many pixels.
    histograms, diffused : ndarray of float64, shape (n, words)
        How often each word of texture is there; and how often after some steps from each word to
        one that lies near it in the image.
    """

    areas: NDArray[np.float64]
    histograms: NDArray[np.float64]
    diffused: NDArray[np.float64]


def touching_pairs(regions: NDArray[np.int64], strength: NDArray[np.float32], count: int) -> Pairs:
    """Find which regions of a map share a side of a pixel, and how strong the boundary is there.

    Parameters
    ----------
    regions : ndarray of int64, shape (h, w)
        0 to ``count`` - 1.
    strength : ndarray of float32, shape (h, w)
        That of a boundary at each pixel; of two pixels that touch the larger one counts.
    count : int
    """
    keys, values = [], []
    for one, other in (
        (np.s_[:-1], np.s_[1:]),
        (np.s_[:, :-1], np.s_[:, 1:]),
    ):
        differ = regions[one] != regions[other]
        a, b = regions[one][differ], regions[other][differ]
        keys.append(np.minimum(a, b) * count + np.maximum(a, b))
        values.append(np.maximum(strength[one], strength[other])[differ])
    pairs, place = np.unique(np.concatenate(keys), return_inverse=True)
    first, second = np.divmod(pairs, count)
    sums = np.bincount(place, np.concatenate(values), len(pairs))
    lengths = np.bincount(place, minlength=len(pairs))
    # Without pairs the sums would be whole numbers.
    return Pairs(first, second, sums.astype(np.float64), lengths.astype(np.float64))


def symmetric(
    values: NDArray[np.float64], first: NDArray[Any], second: NDArray[Any], count: int
) -> Any:
    """Put a value of each pair of regions into a sparse matrix, in both directions.

    Parameters
    ----------
    values : ndarray of float64, shape (m,)
    first, second : ndarray of int, shape (m,)
        Regions, 0 to ``count`` - 1. Of a pair that is there several times the values add up.
    count : int

    Returns
    -------
    scipy.sparse.csr_array of float64, shape (n, n)
    """
    from scipy import sparse

    ends = np.concatenate([first, second]), np.concatenate([second, first])
    return sparse.csr_array((np.tile(values, 2), ends), (count, count))


def laplacian(links: Any) -> Any:
    """Sum of the links of each region on the diagonal, less the links.

    Parameters
    ----------
    links : scipy.sparse array of float64, shape (n, n)
        Symmetric.

    Returns
    -------
    scipy.sparse array of float64, shape (n, n)
    """
    from scipy.sparse import diags_array

    return diags_array(links.sum(axis=1)) - links
