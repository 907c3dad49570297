"""The cheapest boundary between two sides, in part of an image."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import numpy as np

from segprior.regions.grabcut_plain import cheapest
from segprior.runtime import loops

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["UNIT", "contrasts", "cut_band"]

# Costs are whole numbers of 1/256, so that a cut is exact.
UNIT = 256
# Where the neighbours of a pixel lie, and where a pixel with such a neighbour does: to the right,
# below, below to the right, below to the left.
_NEIGHBOURS = (
    (np.s_[:, :-1], np.s_[:, 1:]),
    (np.s_[:-1, :], np.s_[1:, :]),
    (np.s_[:-1, :-1], np.s_[1:, 1:]),
    (np.s_[:-1, 1:], np.s_[1:, :-1]),
)


class _Input(ctypes.Structure):
    """``cut_input`` of native/src/loops.h."""

    _fields_ = (
        *((name, ctypes.c_int32) for name in ("rows", "columns")),
        *((name, ctypes.c_void_p) for name in ("links", "excess", "band")),
    )


def contrasts(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared differences of the colours of neighbours.

    Parameters
    ----------
    colours : ndarray of float32, shape (h, w, C)

    Returns
    -------
    ndarray of float32, shape (h, w, 4)
        From each pixel to the one on the right, below, below to the right and below to the left;
        0 where there is none.
    """
    found = np.zeros((*colours.shape[:2], 4), np.float32)
    for d, (here, there) in enumerate(_NEIGHBOURS):
        steps = colours[there] - colours[here]
        found[(*here, d)] = np.einsum("ijk,ijk->ij", steps, steps)
    return found


def cut_band(
    links: NDArray[np.int32],
    excess: NDArray[np.int32],
    band: NDArray[np.bool_],
    object: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Decide the pixels of a band at the least cost, the others being decided.

    By compiled loops (native/src/cut.cpp), the same bytes on any processor; without them in SciPy.

    Parameters
    ----------
    links : ndarray of int32, shape (h, w, 4)
        What it costs to part a pixel from the one on the right, below, below to the right and
        below to the left; from 0.
    excess : ndarray of int32, shape (h, w)
        How much more it costs to call a pixel ground than object.
    band : ndarray of bool, shape (h, w)
        Pixels to decide.
    object : ndarray of bool, shape (h, w)
        Of the others, which are object.

    Returns
    -------
    ndarray of bool, shape (h, w)
        Of equally cheap cuts that with the smallest object.
    """
    if not loops.are_there():
        return _cut_plainly(links, excess, band, object)
    links, excess = (np.ascontiguousarray(of, np.int32) for of in (links, excess))
    decided = np.ascontiguousarray(band).view(np.uint8)
    given = _Input(
        *band.shape,
        loops.address(links, np.int32),
        loops.address(excess, np.int32),
        loops.address(decided, np.uint8),
    )
    found = object.astype(np.uint8)
    loops.function("cut_band", ctypes.POINTER(_Input), loops.bytes_())(given, found)
    return found.view(np.bool_)


def _cut_plainly(
    links: NDArray[np.int32],
    excess: NDArray[np.int32],
    band: NDArray[np.bool_],
    object: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    numbers = np.cumsum(band.ravel()).reshape(band.shape) - 1
    pull = np.where(band, excess, 0).astype(np.int64)
    ends: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]] = []
    for d, (here, there) in enumerate(_NEIGHBOURS):
        costs = links[(*here, d)]
        inside = band[here] & band[there]
        ends.append((numbers[here][inside], numbers[there][inside], costs[inside]))
        for one, other in ((here, there), (there, here)):
            leaving = band[one] & ~band[other]
            pull[one] += np.where(leaving, np.where(object[other], costs, -costs), 0)
    first, second, costs = (np.concatenate(of) for of in zip(*ends, strict=True))
    found = object.copy()
    found[band] = cheapest((first, second, costs), pull[band].astype(np.int32))
    return found
