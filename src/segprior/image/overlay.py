"""Labels drawn over an image, to be looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.image.palette import HIGHLIGHT, label_colours
from segprior.image.values import blocks

__all__ = ["draw_labels", "draw_mask"]

_LUMA = (0.2989, 0.5870, 0.1140)


def draw_mask(
    picture: NDArray[np.uint8], mask: NDArray[Any], *, alpha: float, boundaries: bool
) -> NDArray[np.uint8]:
    """Show the foreground in its colours, and the background without them and darker.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        The image.
    mask : ndarray of bool, shape (H, W)
        The foreground.
    alpha : float
        How much of the background is taken away, in [0, 1].
    boundaries : bool
        Draw a bright line with a dark rim between the two.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    result = np.array(picture)
    luma = np.array(_LUMA, np.float32)
    for block in blocks(picture.shape):
        behind = ~mask[block]
        colours = picture[block][behind].astype(np.float32)
        grey = (colours @ luma)[:, np.newaxis]
        result[block][behind] = np.rint((1 - alpha) * ((1 - alpha) * colours + alpha * grey))
    if boundaries:
        line, reach = _lines(mask, 800)
        result[_grown(line, max(1, reach))] = 0
        result[line] = HIGHLIGHT
    return result


def draw_labels(
    picture: NDArray[np.uint8], labels: NDArray[Any], *, alpha: float, boundaries: bool
) -> NDArray[np.uint8]:
    """Tint each label with its colour; label 0 keeps the colours of the image.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        The image.
    labels : ndarray of int, shape (H, W)
        Labels from 0.
    alpha : float
        How much of the tint, in [0, 1].
    boundaries : bool
        Draw a thin white line between the labels.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    result = np.array(picture)
    for block in blocks(picture.shape):
        tint = label_colours(labels[block])
        mixed = np.rint((1 - alpha) * picture[block] + alpha * tint).astype(np.uint8)
        result[block] = np.where(labels[block][..., np.newaxis] > 0, mixed, picture[block])
    if boundaries:
        result[_lines(labels, 1600)[0]] = 255
    return result


def _lines(labels: NDArray[Any], fineness: int) -> tuple[NDArray[np.bool_], int]:
    """Mark the boundaries, and say by how many pixels they were grown to each side.

    That is one pixel for every ``fineness`` pixels of the longest side, so that lines look alike
    in pictures of all sizes.
    """
    reach = round(max(labels.shape) / fineness)
    line = np.zeros(labels.shape, bool)
    line[:-1] |= labels[:-1] != labels[1:]
    line[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    return _grown(line, reach), reach


def _grown(region: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    for step in range(reach):
        grown = region.copy()
        grown[1:] |= region[:-1]
        grown[:-1] |= region[1:]
        grown[:, 1:] |= region[:, :-1]
        grown[:, :-1] |= region[:, 1:]
        if step % 2:  # by a square every other time, for lines as thick on a slant as level
            grown[1:, 1:] |= region[:-1, :-1]
            grown[:-1, :-1] |= region[1:, 1:]
            grown[1:, :-1] |= region[:-1, 1:]
            grown[:-1, 1:] |= region[1:, :-1]
        region = grown
    return region
