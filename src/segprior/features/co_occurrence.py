"""Which words of texture lie near which in an image, whatever their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["diffusion"]

# How far apart pixels are that count as near, and how many steps are taken (docs/quality.md).
_DISTANCES = (2, 3, 4, 6, 8)
STEPS = 4


def diffusion(textons: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where some random steps lead from each word, each to a word that lies near it.

    Stripes of two colours are two words, but the steps lead from either to both alike.

    Parameters
    ----------
    textons : ndarray of int64, shape (h, w)
        Words, from 0.

    Returns
    -------
    ndarray of float64, shape (words, words)
        Rows add up to 1. A step leads to a word with the share that it has of all pixels which lie
        2, 3, 4, 6 or 8 rows, columns or both from one of the word before; four are taken.

    References
    ----------
    .. [1] P. Isola, D. Zoran, D. Krishnan, E. Adelson: Crisp boundary detection using pointwise
       mutual information. ECCV 2014. doi:10.1007/978-3-319-10578-9_52
    """
    words = int(textons.max()) + 1
    counts = np.zeros(words * words, np.int64)
    for distance in _DISTANCES:
        ahead, back, whole = slice(distance, None), slice(None, -distance), slice(None)
        for one, other in (
            ((whole, back), (whole, ahead)),
            ((back, whole), (ahead, whole)),
            ((back, back), (ahead, ahead)),
            ((back, ahead), (ahead, back)),
        ):
            keys = textons[one] * words + textons[other]
            counts += np.bincount(keys.ravel(), minlength=words * words)
    near = counts.reshape(words, words).astype(np.float64)
    near += near.T
    # A word that lies near none, in an image of a few pixels, stays what it is.
    near[np.diag_indices(words)] += near.sum(axis=1) == 0
    found: NDArray[np.float64] = np.linalg.matrix_power(
        near / near.sum(axis=1, keepdims=True), STEPS
    )
    return found
