"""A large image as a whole: its overview, and labels that are found on it enlarged in bands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from segprior.errors import ConfigError
from segprior.image.upsampling import enlarge_labels, label_strips
from segprior.tiling.overview import Overview

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["label_bands", "reduced_for"]

# Pixels that an image may be reduced to.
MOST_PIXELS = 4_000_000


def reduced_for(image: Overview, working_size: int | None) -> NDArray[np.float32]:
    """Return the whole image at the working size; None is the scale.

    Raises
    ------
    ConfigError
        If that is too large.
    """
    size = working_size or max(image.shape[:2])
    share = min(1.0, size / max(image.shape[:2]))
    if image.shape[0] * image.shape[1] * share**2 > MOST_PIXELS:
        raise ConfigError(
            f" for {image.full[0]} x {image.full[1]} pixels",
            option="working_size",
            got=working_size,
            cure="pass one of at most 2000",
        )
    return image.small(working_size)


def label_bands(labels: NDArray[np.int32], shape: tuple[int, int]) -> Iterator[NDArray[np.int32]]:
    """Yield labels at a larger size, top to bottom, with smooth boundaries."""
    # From twice the size on, no label can be lost.
    if min(side / small for side, small in zip(shape, labels.shape, strict=True)) < 2:
        yield enlarge_labels(labels, shape)
    else:
        for _, strip in label_strips(labels, shape):
            yield strip
