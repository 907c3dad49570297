"""The one palette: 256 fixed, distinct colours for the labels of a picture."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["HIGHLIGHT", "label_colours", "palette"]

# Black for the background, then the colours that Okabe and Ito chose so that people with any
# kind of colour vision can tell them apart, brightest first, two greys, and three dark colours of
# the grid below, each as far from all before it as can be for the kind of vision it is worst for.
_FIRST = (
    (0, 0, 0),
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
    (255, 255, 255),
    (128, 128, 128),
    (109, 36, 0),
    (0, 0, 146),
    (0, 73, 73),
)

HIGHLIGHT = _FIRST[1]


@cache
def palette() -> NDArray[np.uint8]:
    """Return the colours of labels 0 to 255, an array of shape (256, 3), read-only.

    Entry 0 is black, entries 1 to 7 are those of Okabe and Ito [1]_, and those after entry 12 are
    each the colour of a coarse RGB grid that is farthest from all before it. Everything is done in
    integers, so the palette is the same on every machine.

    Entries 1 to 12 can be told apart with any kind of colour vision: seen through the matrices of
    Machado et al. [2]_, CIEDE2000 between any two of them is at least 21.7 in normal vision, and
    12.2, 8.1 and 10.9 without red, green and blue cones.

    References
    ----------
    .. [1] M. Okabe, K. Ito, "Color Universal Design", 2008,
       https://jfly.uni-koeln.de/color/
    .. [2] G. M. Machado et al., "A Physiologically-based Model for Simulation of Color Vision
       Deficiency", IEEE TVCG 15 (2009), doi:10.1109/TVCG.2009.113.
    """
    steps = np.array((0, 36, 73, 109, 146, 182, 219, 255), np.int64)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    weights = np.array((2, 4, 3), np.int64)  # the eye resolves green best, red least
    colours = [np.array(colour, np.int64) for colour in _FIRST]
    nearest = np.full(len(grid), np.iinfo(np.int64).max)
    for index in range(256):
        if index == len(colours):
            colours.append(grid[int(np.argmax(nearest))])
        nearest = np.minimum(nearest, ((grid - colours[index]) ** 2 * weights).sum(axis=1))
    table = np.stack(colours).astype(np.uint8)
    table.flags.writeable = False
    return table


def label_colours(labels: NDArray[Any]) -> NDArray[np.uint8]:
    """Colour a label map; above label 255 the colours come round again, without the black.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        Labels from 0.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    if labels.max(initial=0) > 255:
        labels = np.where(labels > 0, (labels - 1) % 255 + 1, 0)
    colours: NDArray[np.uint8] = palette()[labels]
    return colours
