"""Images of an object or of many things, for the tests of the default mask."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segprior.result import Segmentation

Kind = Literal["object", "things"]


def iou(found: NDArray[Any], truth: NDArray[Any]) -> float:
    found, truth = found.astype(bool), truth.astype(bool)
    return float((found & truth).sum() / (found | truth).sum())


def textured(side: int = 80, channels: int = 3) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """A large disc in the centre; it and its ground have textures of many levels."""
    draw = np.random.default_rng(0)
    rows, columns = np.indices((side, side)) - side / 2 + 0.5
    truth = rows**2 + columns**2 < (0.28 * side) ** 2
    texture = ndimage.gaussian_filter(draw.random((side, side, 5)), (1.5, 1.5, 0))
    texture = (texture - texture.min()) / np.ptp(texture)
    tint = np.array([[0.2, 0.6, 0.8, 0.9, 0.3], [0.9, 0.5, 0.2, 0.4, 0.8]])[truth.astype(int)]
    return (texture * tint).astype(np.float32)[..., :channels], truth


def blobs(dark: bool = False) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    truth = np.zeros((96, 96), bool)
    rows, columns = np.indices(truth.shape)
    for row in range(10, 96, 19):
        for column in range(10, 96, 19):
            truth |= (rows - row) ** 2 + (columns - column) ** 2 < 16
    noise = np.random.default_rng(0).normal(0, 0.03, truth.shape)
    image = np.where(truth != dark, 0.8, 0.1) + noise
    return np.clip(image, 0, 1).astype(np.float32), truth


def kind(found: Segmentation) -> Kind:
    return "things" if found.evidence["reading"] else "object"
