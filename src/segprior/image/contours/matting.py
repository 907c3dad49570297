"""Soft edges: how much of a pixel near the contour is object, and what colour that has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from segprior.errors import ConfigError
from segprior.image.colour import to_uint8
from segprior.image.contours.refinement import (
    CELL,
    INNER,
    MOST_CHANNELS,
    RADIUS,
    Guide,
    box,
    chunks,
)
from segprior.image.contours.refinement import near_contours as cells_near

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Edges", "cut_out", "foreground_colours", "soft_mask"]

Edges = Literal["soft", "hard"]

# By how much the filtered mask is stretched around one half: without, hair is washed out.
_GAIN = 1.6
# What is less than half a level of 8 bits is none.
_LEAST = 0.5 / 255


def cut_out(picture: NDArray[np.uint8], mask: NDArray[np.bool_], edges: Edges) -> NDArray[np.uint8]:
    """Cut what a mask holds out of a picture.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
    mask : ndarray of bool, shape (H, W)
    edges : {"soft", "hard"}
        Whether pixels on the contour are transparent in part, with the colour of the object alone,
        or each is there or not.

    Returns
    -------
    ndarray of uint8, shape (H, W, 4)
        RGBA; the background is black and transparent.

    Raises
    ------
    ConfigError
        If ``edges`` is another word.
    """
    if edges not in ("soft", "hard"):
        raise ConfigError(f"got edges={edges!r}; choose 'soft' or 'hard'")
    alpha: NDArray[Any] = mask.astype(np.uint8) * np.uint8(255)
    if edges == "soft":
        colours = picture.astype(np.float32) / np.float32(255)
        soft = soft_mask(mask, colours)
        picture, alpha = to_uint8(foreground_colours(colours, soft)), to_uint8(soft)
    result = np.zeros((*mask.shape, 4), np.uint8)
    result[..., :3] = picture
    result[alpha == 0] = 0
    result[..., 3] = alpha
    return result


def soft_mask(mask: NDArray[np.bool_], image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Find how much of each pixel near the contour of a mask belongs to it.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W)
    image : ndarray of float32, shape (H, W, C)
        In [0, 1]; at most three channels.

    Returns
    -------
    ndarray of float32, shape (H, W)
        In [0, 1]; away from the contour 0 or 1.

    Raises
    ------
    ValueError
        If there are more channels.

    Notes
    -----
    It is the guided filter [1]_ of the mask, stretched by 1.6 around one half, within some six
    pixels of the contour. Matting in closed form, in a band of eight pixels, was compared: it
    takes legs for ground, since the band has no sure pixel of them, and hair is no better
    (``docs/foreground.md``).

    References
    ----------
    .. [1] He, Sun, Tang: Guided Image Filtering. ECCV 2010; TPAMI 2013,
       doi:10.1109/TPAMI.2012.213.
    """
    if image.shape[2] > MOST_CHANNELS:
        raise ValueError(f"{image.shape[2]} channels; pass at most {MOST_CHANNELS}")
    soft = mask.astype(np.float32)
    near, blocks = cells_near(mask)
    for rows, columns, _ in chunks(mask, blocks):
        found = Guide(image[rows, columns]).filtered(mask[rows, columns])
        found = np.clip((found - 0.5) * np.float32(_GAIN) + 0.5, 0, 1)
        at = rows[INNER], columns[:, INNER]
        keep = ~near[at[0] // CELL, at[1] // CELL]
        found[keep] = soft[at][keep]
        soft[at] = found
    soft[soft < _LEAST] = 0
    soft[soft > 1 - _LEAST] = 1
    return soft


def foreground_colours(
    image: NDArray[np.float32], soft: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Estimate the colour of the object where it shares a pixel with the ground.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1].
    soft : ndarray of float32, shape (H, W)
        From :func:`soft_mask`.

    Returns
    -------
    ndarray of float32, shape (H, W, C)
        In [0, 1]; that of the image where ``soft`` is 0 or 1.

    Notes
    -----
    The means of object and ground around a pixel, weighted by their shares, are corrected so that
    they make up the pixel again [1]_.

    References
    ----------
    .. [1] M. Forte: Approximate Fast Foreground Colour Estimation. ICIP 2021,
       doi:10.1109/ICIP42928.2021.9506164.
    """
    colours = image.copy()
    shared = (soft > 0) & (soft < 1)
    _, blocks = cells_near(shared)
    within = slice(RADIUS, -RADIUS)
    for rows, columns, _ in chunks(shared, blocks):
        share = soft[rows, columns]
        at = rows[INNER], columns[:, INNER]
        mixed = shared[at]
        inner = share[INNER, INNER]
        object_near = box(share)[within, within] + np.float32(1e-5)
        ground_near = box(1 - share)[within, within] + np.float32(1e-5)
        for channel in range(image.shape[2]):
            values = image[rows, columns, channel]
            one = box(values * share)[within, within] / object_near
            other = box(values * (1 - share))[within, within] / ground_near
            left = values[INNER, INNER] - inner * one - (1 - inner) * other
            estimate = np.clip(one + inner * left, 0, 1)
            part = colours[(*at, channel)]
            part[mixed] = estimate[mixed]
            colours[(*at, channel)] = part
    return colours
