"""GrabCut, as OpenCV has it: colours of object and ground, and a cut along the edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.image.colour import to_rgb, to_uint8

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["as_picture", "cut", "inside"]

# The mixtures have five Gaussians each, and want at least so many pixels.
_LEAST = 5


def as_picture(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Show an image of any channels in [0, 1] as 8-bit RGB, which is what OpenCV cuts."""
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
        ``likely`` itself where there is too little of object or ground to learn their colours.

    References
    ----------
    .. [1] C. Rother, V. Kolmogorov and A. Blake, "GrabCut: interactive foreground extraction
       using iterated graph cuts", ACM Transactions on Graphics 23, 2004.
    """
    import cv2

    library: Any = cv2
    if min(int(likely.sum()), int((~likely).sum())) < _LEAST:
        return likely
    labels = np.where(likely, library.GC_PR_FGD, library.GC_PR_BGD).astype(np.uint8)
    if ground is not None:
        labels[ground] = library.GC_BGD
    library.setRNGSeed(seed % 2**31)
    library.grabCut(picture, labels, None, None, None, iterations, library.GC_INIT_WITH_MASK)
    found: NDArray[np.bool_] = np.isin(labels, (library.GC_FGD, library.GC_PR_FGD))
    return found
