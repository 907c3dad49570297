"""The ultrametric contour map of a dendrogram: how much it costs to cross each boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.regions.dendrogram import meeting_costs

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["as_picture", "contour_map", "double_contour_map", "shaded"]

_HALF, _WHITE = 10.0, 2**16 - 1  # the cost that is half grey in a picture of 16 bits, and white


def contour_map(
    regions: NDArray[Any], merges: NDArray[Any], costs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Put at each pixel the cost at which the boundary there vanishes.

    Parameters
    ----------
    regions : ndarray of int, shape (H, W)
        0 to n - 1.
    merges : ndarray of int, shape (n - 1, 2)
        The second number is from then on part of the first.
    costs : ndarray of float64, shape (n - 1,)
        Of each merge.

    Returns
    -------
    ndarray of float64, shape (H, W)
        The largest over the neighbours to the right and below; 0 inside the regions.
    """
    found = np.zeros(regions.shape)
    across, down = _crossings(regions, merges, costs)
    found[:, :-1] = across
    np.maximum(found[:-1], down, out=found[:-1])
    return found


def double_contour_map(
    regions: NDArray[Any], merges: NDArray[Any], costs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Put the costs of :func:`contour_map` on the grid between the pixels.

    Parameters
    ----------
    regions, merges, costs
        As there.

    Returns
    -------
    ndarray of float64, shape (2H + 1, 2W + 1)
        The pixel in row i and column j is at [2i + 1, 2j + 1] and 0; between two pixels is the
        cost of crossing from one to the other; and at a corner of pixels the largest of those
        around. On the border of the map is what is on the row or column next to it.

    References
    ----------
    P. Arbeláez, M. Maire, C. Fowlkes, J. Malik: Contour detection and hierarchical image
    segmentation. TPAMI 33(5), 2011. doi:10.1109/TPAMI.2010.161. Its code calls this ``ucm2``.
    """
    rows, columns = regions.shape
    grid = np.zeros((2 * rows + 1, 2 * columns + 1))
    grid[1::2, 2:-1:2], grid[2:-1:2, 1::2] = _crossings(regions, merges, costs)
    corners, across, down = grid[::2, ::2], grid[1::2, ::2], grid[::2, 1::2]
    for part, beside in (
        (corners[1:], across),
        (corners[:-1], across),
        (corners[:, 1:], down),
        (corners[:, :-1], down),
    ):
        np.maximum(part, beside, out=part)
    return grid


def _crossings(
    regions: NDArray[Any], merges: NDArray[Any], costs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The costs between columns, (H, W - 1), and between rows, (H - 1, W)."""
    found = []
    for a, b in ((regions[:, :-1], regions[:, 1:]), (regions[:-1], regions[1:])):
        differ = a != b
        part = np.zeros(a.shape)
        part[differ] = meeting_costs(merges, costs, a[differ], b[differ])
        found.append(part)
    return found[0], found[1]


def as_picture(ucm: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Make a contour map a grey picture that shows all costs, from which they can be read again.

    Parameters
    ----------
    ucm : ndarray of float64, any shape
        Costs from 0 on.

    Returns
    -------
    ndarray of uint16, same shape
        v = 65535 · cost / (cost + 10), rounded, so that cost = 40 · v / (65535 - v): 0 is black,
        40 half grey, and white is out of reach.
    """
    shares = ucm / (ucm + _HALF)
    return np.rint(_WHITE * shares).clip(0, _WHITE - 1).astype(np.uint16)


def shaded(ucm: NDArray[np.float64], black: float, longest: int | None = None) -> NDArray[np.uint8]:
    """Draw a contour map on white, the darker the costlier: by the square of the cost.

    Parameters
    ----------
    ucm : ndarray of float64, shape (H, W)
        Costs from 0 on.
    black : float
        The cost from which on boundaries are black; above 0.
    longest : int, optional
        Pixels of the longest side of the picture; of those that become one the costliest counts,
        so that no line is lost.

    Returns
    -------
    ndarray of uint8, shape (H, W) or smaller
    """
    step = 1 if longest is None else -(-max(ucm.shape) // longest)
    for axis in (0, 1):
        ucm = np.maximum.reduceat(ucm, range(0, ucm.shape[axis], step), axis)
    light: NDArray[np.float64] = 1 - np.minimum(ucm / black, 1) ** 2
    return np.rint(255 * light).astype(np.uint8)
