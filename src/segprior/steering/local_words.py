"""What words say of a pixel: how often they are in the object around it, and in the ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.steering.weights import Weights

__all__ = ["LocalWords"]

# What is counted of each word in each cell before anything is, per pixel of the cell.
_NONE = 1e-4


class LocalWords:
    """Words counted in the cells of a grid over an image.

    Parameters
    ----------
    words : ndarray of int, shape (h, w)
        From 0.
    diagonal : float
        Of the image, in pixels.
    weights : Weights
    """

    def __init__(self, words: NDArray[np.int64], diagonal: float, weights: Weights) -> None:
        cell = max(weights.cell * diagonal, 1.0)
        down, across = ((np.arange(size) / cell).astype(np.int64) for size in words.shape)
        self._grid = int(down[-1]) + 1, int(across[-1]) + 1, int(words.max()) + 1
        cells = down[:, None] * self._grid[1] + across
        self._keys = (cells * self._grid[2] + words).ravel()
        self._shape = words.shape
        self._all = self._count(None)
        self._spread = weights.spread
        self._area = cell * cell

    def _count(self, shares: NDArray[np.float64] | None) -> NDArray[np.float64]:
        rows, columns, words = self._grid
        counts = np.bincount(self._keys, shares, rows * columns * words)
        return counts.reshape(self._grid).astype(np.float64)

    def odds(self, shares: NDArray[np.float64], everywhere: float) -> NDArray[np.float32]:
        """Logarithm of how much more frequent the word of each pixel is in the object.

        Parameters
        ----------
        shares : ndarray of float64, shape (h, w)
            How much each pixel is object, in [0, 1].
        everywhere : float
            What the counts of the whole image add to those of each cell.

        Returns
        -------
        ndarray of float32, shape (h, w)
            Of the frequencies nearby, and less of those in the whole image.
        """
        from scipy.ndimage import gaussian_filter

        inside = self._count(shares.ravel())
        logs = []
        for counts in (inside, self._all - inside):
            whole = counts.sum(axis=(0, 1))
            near = gaussian_filter(counts, (self._spread, self._spread, 0), mode="constant")
            near += whole * (everywhere * self._area / max(float(whole.sum()), 1e-9))
            near += _NONE * self._area
            logs.append(np.log(near))
        table = (logs[0] - logs[1]).astype(np.float32).ravel()
        found: NDArray[np.float32] = table[self._keys].reshape(self._shape)
        return found
