"""From an image and its prior to regions and the order in which they are merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.config.prior import PriorConfig
from segprior.features.gradients import hidden_gradient
from segprior.features.textons import texture_codes
from segprior.image.colour import as_colours
from segprior.image.noise import blur, noise_level, noise_of
from segprior.prior.prior import Prior

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["grow", "hidden_features", "is_noisy"]

# The working size at which blur, by so many pixels, and prior were measured to gain more than they
# lose on noisy images (docs/quality.md); photographs have a noise of .001 to .027 there.
_SIZE, _BLUR = 480, 1.5


_BLOCKS = ("up2", "up3")


def hidden_features(prior: PriorConfig) -> tuple[tuple[str, int], ...]:
    """The hidden features that a hierarchy takes from a prior fitted like this."""
    return tuple((block, prior.iterations) for block in _BLOCKS)


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
    from segprior.regions.merging import Weights, find_regions  # loads Numba

    hidden = []
    if prior is not None:
        rows, columns = prior.members.shape[1:3]
        for key in hidden_features(prior.config):
            step = 2 ** (int(key[0][-1]) - 1)
            covered = (rows / step, columns / step)
            hidden.append(hidden_gradient(prior.features[key], covered, small.shape[:2]))
    colours = as_colours(blur(small, _BLUR) if is_noisy(small) else small)
    return find_regions(colours, texture_codes(colours, seed), hidden, Weights(**weights))
