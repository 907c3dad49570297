"""Look at an image, and answer marks in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.config.steering import PredictorConfig
from segprior.image.values import blocks
from segprior.result import Segmentation
from segprior.steering.scene import look_at
from segprior.steering.steerer import Steerer
from segprior.steering.weights import Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.steering.marks import Marks

__all__ = ["prepare", "respond", "stored"]


def stored(image: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Keep an image, (H, W, C) in [0, 1], in 16 bits, from which it is looked at and saved."""
    found = np.empty(image.shape, np.uint16)
    for block in blocks(image.shape):
        np.rint(np.clip(image[block], 0, 1) * np.float32(65535), out=found[block], casting="unsafe")
    return found


def prepare(image: NDArray[np.float32], config: PredictorConfig, seed: int) -> Steerer:
    """Look at an image once.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1].
    config : PredictorConfig
    seed : int
    """
    kept = stored(image)
    scene = look_at(kept.astype(np.float32) / np.float32(65535), config.working_size, seed)
    return Steerer(scene, kept, Weights())


def respond(steerer: Steerer, marks: Marks, config: Any, seed: int) -> Segmentation:
    """Answer marks with a mask, or with a label map where others than 1 are marked.

    Parameters
    ----------
    steerer : Steerer
    marks : Marks
    config, seed
        For the record.
    """
    start = time.perf_counter()
    labels, confidence = steerer.find(marks)
    mask = marks.objects == [1]
    seen = labels > 0
    area = int(np.count_nonzero(seen))
    sure = float(np.einsum("ij,ij->", confidence, seen, dtype=np.float64)) if area else 0.0
    return Segmentation(
        labels=labels.astype(np.uint8) if mask else labels,
        confidence=confidence,
        score=sure / max(area, 1),
        config=config,
        seed=seed,
        seconds=time.perf_counter() - start,
        evidence={"marks": float(len(marks.labels)), "regions": float(steerer.scene.count)},
        kind="mask" if mask else "labels",
    )
