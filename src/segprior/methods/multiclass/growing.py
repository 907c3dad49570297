"""From an image and its prior to regions and the order in which they are merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.config.segment import SegmentConfig, hidden_features
from segprior.errors import ConfigError
from segprior.features.gradients import hidden_gradient
from segprior.features.textons import texture_codes
from segprior.image.colour import as_colours
from segprior.image.noise import blur, noise_level, noise_of
from segprior.prior.prior import Prior
from segprior.regions.merging import Weights, find_regions

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["checked_prior", "grow", "is_noisy"]

# The working size at which blur, by so many pixels, and prior were measured to gain more than they
# lose on noisy images (docs/quality.md); photographs have a noise of .001 to .027 there.
_SIZE, _BLUR = 480, 1.5


def is_noisy(small: NDArray[np.float32]) -> bool:
    """Whether an image at the working size, (h, w, C), is noisy enough to be blurred first."""
    return noise_of(small) > noise_level(_SIZE)


def grow(
    small: NDArray[np.float32], prior: Prior | None, seed: int, **weights: Any
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Find regions and merge them.

    Parameters
    ----------
    small : ndarray of float32, shape (h, w, C)
        The image at the working size, not of one colour. It is blurred if it is noisy.
    prior : Prior or None
        With the features that are needed; without one edges are those of the image.
    seed : int
    **weights
        In place of those of :class:`segprior.regions.merging.Weights`.

    Returns
    -------
    regions : ndarray of int32, shape (h, w)
    merges, costs : ndarray
        As in :class:`Hierarchy`.
    """
    hidden = []
    if prior is not None:
        rows, columns = prior.members.shape[1:3]
        for key in hidden_features(prior.config):
            step = 2 ** (int(key[0][-1]) - 1)
            covered = (rows / step, columns / step)
            hidden.append(hidden_gradient(prior.features[key], covered, small.shape[:2]))
    colours = as_colours(blur(small, _BLUR) if is_noisy(small) else small)
    return find_regions(colours, texture_codes(colours, seed), hidden, Weights(**weights))


def checked_prior(prior: Prior, shape: tuple[int, ...], config: SegmentConfig) -> Prior:
    """Return a prior that was brought along if it can be used.

    Raises
    ------
    ConfigError
        If it cannot.
    """
    if not config.needs_prior:
        other = "superpixels" if config.trains else "edges"
        raise ConfigError(
            f"got a prior with method={config.method!r} and {other}={getattr(config, other)!r}, "
            "which have no use for it; leave it out"
        )
    if tuple(prior.shape) != shape:
        raise ConfigError(
            f"got a prior of an image of shape {tuple(prior.shape)} for one of shape {shape}; "
            "pass the prior of this image"
        )
    wanted = hidden_features(prior.config) if config.needs_features else ()
    if any(key not in prior.features for key in wanted):
        raise ConfigError(
            "got a prior without hidden features of its last iteration; fit it with "
            f"features={list(wanted)}, or leave it out"
        )
    return prior
