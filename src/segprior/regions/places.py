"""Where regions lie in an image: at its border, near its centre."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["border_lengths", "central", "means", "middles"]


def border_lengths(regions: NDArray[Any], count: int) -> NDArray[np.float64]:
    """How many pixels of each region are along the border of the image, corners twice.

    Parameters
    ----------
    regions : ndarray of int, shape (h, w)
        0 to ``count`` - 1.
    count : int
    """
    rim = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    return np.bincount(rim, minlength=count).astype(np.float64)


def central(shape: tuple[int, ...], width: float) -> NDArray[np.float64]:
    """A Gaussian around the centre of an image, 1 there.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    width : float
        Standard deviation, as a share of each side.

    Returns
    -------
    ndarray of float64, shape (h, w)
    """
    down, right = _axes(shape)
    return np.exp(-(down[:, None] ** 2 + right**2) / (2 * width**2))


def means(
    regions: NDArray[Any], values: NDArray[Any], areas: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean of values over each region, (n,); of both the first two axes, or one for both."""
    total = np.bincount(regions.ravel(), values.ravel(), minlength=len(areas))
    found: NDArray[np.float64] = total / areas
    return found


def middles(
    regions: NDArray[Any], areas: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the middle of each region is, as shares of height and width, from -½ to ½."""
    down, right = _axes(regions.shape)
    rows, columns = regions.shape
    return (
        means(regions, np.repeat(down, columns), areas),
        means(regions, np.tile(right, rows), areas),
    )


def _axes(shape: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places of rows and of columns."""
    rows, columns = shape[:2]
    return (np.arange(rows) + 0.5) / rows - 0.5, (np.arange(columns) + 0.5) / columns - 0.5
