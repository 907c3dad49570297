"""How much the mask of an image, or of its prior, changes with the window."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.image.pyramid import Pyramid
from segprior.methods.foreground.api import find_foreground
from segprior.methods.foreground.config import ForegroundConfig
from segprior.prior.prior import Prior
from segprior.runtime.seeding import RandomSource, as_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["mask_iou", "window_agreement", "window_masks"]


def window_masks(
    image: NDArray[np.float32],
    windows: Sequence[int] = (1, 3, 5, 7),
    *,
    rng: RandomSource = 0,
    prior: Prior | None = None,
) -> dict[int, NDArray[np.bool_]]:
    """Make the foreground mask of an image, or of its prior, with windows of several sizes.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1]; clustered at its own size if there is no prior.
    windows : sequence of int
        Sides of the windows, in pixels; odd.
    rng : int, numpy.random.Generator or None
        Seed of K-means, the same for all windows.
    prior : Prior, optional
        The prior of this image, to be clustered in its place.

    Returns
    -------
    dict of int to ndarray of bool, shape (H, W)
        Masks by window.

    Raises
    ------
    ConfigError
        If a window is not odd, or the prior is that of an image of another shape.
    """
    seed = as_seed(rng)
    config = ForegroundConfig.preset("dsp")
    if prior is None:
        config = config.replace(features="image", working_size=None)
    pyramid = Pyramid(image)
    return {
        window: find_foreground(
            pyramid, config.replace(window=window), seed=seed, prior=prior
        ).labels > 0
        for window in windows
    }  # fmt: skip


def mask_iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks; 1 if both are empty."""
    union = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / union if union else 1.0


def window_agreement(masks: Mapping[int, NDArray[np.bool_]]) -> list[dict[str, Any]]:
    """Say how much a mask changes from each window to the next larger one.

    Parameters
    ----------
    masks : mapping of int to ndarray of bool, shape (H, W)
        As from :func:`window_masks`.

    Returns
    -------
    list of dict
        ``windows``, the two; ``iou`` of their masks; and ``split_iou``, the same with the
        second mask swapped where that fits better, since two windows may split the pixels alike
        and yet differ in which part they call foreground.
    """
    lines = []
    for small, large in itertools.pairwise(sorted(masks)):
        one, other = masks[small], masks[large]
        iou = mask_iou(one, other)
        lines.append(
            {"windows": [small, large], "iou": iou, "split_iou": max(iou, mask_iou(one, ~other))}
        )
    return lines
