"""From a mask to its things, one by one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from segprior.methods.foreground.instances.find import find_things
from segprior.methods.foreground.instances.outlines import in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.image.pyramid import Pyramid
    from segprior.methods.foreground.config import ForegroundConfig

__all__ = ["Numbered", "number_pieces", "number_things"]


class Numbered(NamedTuple):
    """Things one by one, n of them.

    Attributes
    ----------
    labels : ndarray of int32, shape (H, W)
        1 to n, 0 where there is none.
    confidence : ndarray of float32, shape (H, W)
        In [0, 1].
    score : float
        The mean over the things; 0 if there are none.
    diameter : float
        Of a usual one, in pixels; 0 if there are none.
    """

    labels: NDArray[np.int32]
    confidence: NDArray[np.float32]
    score: float
    diameter: float


def number_things(
    image: Pyramid,
    mask: NDArray[np.uint8],
    confidence: NDArray[np.float32],
    config: ForegroundConfig,
) -> Numbered:
    """Tell small things one by one, which may touch.

    Parameters
    ----------
    image : Pyramid
    mask : ndarray of uint8, shape (H, W)
        0 and 1.
    confidence : ndarray of float32, shape (H, W)
        Of the mask.
    config : ForegroundConfig

    Returns
    -------
    Numbered
        The confidence of a pixel in a thing is how likely that is one whole thing; of others that
        of the mask, or one less that where the mask has it in a thing. Pixels without data are in
        no thing, with confidence 0.
    """
    found = find_things(image, mask > 0, config.diameter, config.min_size)
    labels, told = found.labels, found.likely
    outside = np.where(mask > 0, 1 - confidence, confidence)
    if image.valid is not None:
        labels, before = in_order(np.where(image.valid, labels, 0), max(1, config.min_size))
        told = told[before - 1]
        outside[~image.valid] = 0
    likely = np.concatenate([[0], told]).astype(np.float32)
    return Numbered(
        labels=labels,
        confidence=np.where(labels > 0, likely[labels], outside),
        score=float(told.mean()) if len(told) else 0.0,
        diameter=found.diameter,
    )


def number_pieces(mask: NDArray[np.uint8], confidence: NDArray[np.float32]) -> Numbered:
    """Number the connected pieces of a mask in the order of their first pixels.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        0 and 1; pixels that touch by a side or a corner are connected.
    confidence : ndarray of float32, shape (H, W)
        Of the mask.

    Returns
    -------
    Numbered
    """
    from scipy import ndimage

    labels, count = ndimage.label(mask, structure=np.ones((3, 3), bool), output=np.int32)
    if not count:
        return Numbered(labels=labels, confidence=confidence, score=0.0, diameter=0.0)
    numbers = np.arange(1, count + 1)
    return Numbered(
        labels=labels,
        confidence=confidence,
        score=float(np.mean(ndimage.mean(confidence, labels, numbers))),
        diameter=2 * math.sqrt(float(np.median(np.bincount(labels.ravel())[1:])) / math.pi),
    )
