"""GrabCut: colours of object and ground, and a cut along the edges, in turns."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import numpy as np

from segprior.image.colour import to_rgb, to_uint8
from segprior.regions import grabcut_plain
from segprior.runtime import loops

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["as_picture", "cut", "inside"]

# The mixtures have five Gaussians each, and want at least so many pixels.
_LEAST = 5


class _Input(ctypes.Structure):
    """``grabcut_input`` of native/src/loops.h."""

    _fields_ = (
        *((name, ctypes.c_int32) for name in ("rows", "columns", "iterations")),
        ("seed", ctypes.c_uint64),
        *((name, ctypes.c_void_p) for name in ("picture", "ground")),
    )


def as_picture(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Show an image of any channels in [0, 1] as 8-bit RGB, whose colours are told apart."""
    return np.ascontiguousarray(to_uint8(to_rgb(image)))


def inside(shape: tuple[int, ...], inset: float) -> tuple[slice, slice]:
    """Rows and columns of a centred rectangle; ``inset`` is a share of each side below 0.5."""
    height, width = shape[:2]
    down, right = round(inset * height), round(inset * width)
    return slice(down, max(height - down, down + 1)), slice(right, max(width - right, right + 1))


def cut(
    picture: NDArray[np.uint8],
    likely: NDArray[np.bool_],
    seed: int,
    *,
    iterations: int = 5,
    ground: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Cut the object out of a picture from a first guess.

    By compiled loops (native/src/grabcut.cpp), the same bytes on any processor; without them in
    NumPy and SciPy.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        RGB.
    likely : ndarray of bool, shape (H, W)
        Where the object probably is.
    seed : int
        Of the mixtures of Gaussians.
    iterations : int
        Rounds of fitting colours and cutting the graph.
    ground : ndarray of bool, shape (H, W), optional
        What surely is not the object; without it the cut may go anywhere.

    Returns
    -------
    ndarray of bool, shape (H, W)
        The guess itself, without what is ground, where there is too little of object or ground to
        learn their colours.

    References
    ----------
    .. [1] C. Rother, V. Kolmogorov and A. Blake, "GrabCut: interactive foreground extraction
       using iterated graph cuts", ACM Transactions on Graphics 23, 2004.
    .. [2] Y. Boykov and V. Kolmogorov, "An experimental comparison of min-cut/max-flow algorithms
       for energy minimization in vision", IEEE Transactions on Pattern Analysis and Machine
       Intelligence 26, 2004.
    """
    guess = likely if ground is None else likely & ~ground
    if min(int(guess.sum()), int((~guess).sum())) < _LEAST:
        return guess
    if not loops.are_there():
        return grabcut_plain.cut(picture, guess, seed, iterations, ground)
    picture = np.ascontiguousarray(picture)
    given = _Input(*guess.shape, iterations, seed % 2**64, loops.address(picture, np.uint8))
    if ground is not None:
        ground = np.ascontiguousarray(ground)
        given.ground = loops.address(ground, np.bool_)
    found = guess.astype(np.uint8)
    run = loops.function("grabcut", ctypes.POINTER(_Input), loops.bytes_())
    run(given, found)
    return found.view(np.bool_)
