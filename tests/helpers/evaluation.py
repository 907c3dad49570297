"""Scenes with their truth, and what scores methods on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segprior.evaluation.evaluate import (
    evaluate_foreground,
    evaluate_regions,
)
from segprior.evaluation.report import Evaluation

ROWS, COLUMNS = 24, 32


def scene(number: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A light rectangle on a dark ground, and where it is."""
    mask = np.zeros((ROWS, COLUMNS), np.uint8)
    mask[6 : 14 + number, 8 : 20 + number] = 1
    noise = np.random.default_rng(number).integers(0, 20, (ROWS, COLUMNS, 3))
    return (noise + 40 + 150 * mask[..., None]).astype(np.uint8), mask


def foreground(folders: Path, methods: Sequence[str] = ("otsu",), **options: Any) -> Evaluation:
    return evaluate_foreground(folders / "images", folders / "masks", methods=methods, **options)


def regions(folders: Path, methods: Sequence[str] = ("kmeans:k=2",), **options: Any) -> Evaluation:
    return evaluate_regions(folders / "images", folders / "truth", methods=methods, **options)


def saved(folder: Path, *maps: NDArray[Any]) -> Path:
    folder.mkdir()
    for number, labels in enumerate(maps):
        Image.fromarray(labels).save(folder / f"s{number}.png")
    return folder


def quarters() -> NDArray[np.int64]:
    """8 x 12 pixels in two halves of two parts each: 1 above 2, to the right 3 above 4."""
    labels = np.ones((8, 12), np.int64)
    labels[4:] = 2
    labels[:, 6:] += 2
    return labels


def contours_of(labels: NDArray[Any], strengths: NDArray[Any]) -> NDArray[np.uint16]:
    """A contour map of 16 bits, of double size: how strong is what parts labels 1 to n, 0 to 1."""
    wide = np.pad(labels, 1, mode="edge") - 1
    rows, columns = wide.shape
    ucm2 = np.zeros((2 * rows + 1, 2 * columns + 1))
    ucm2[1::2, 2:-1:2] = strengths[wide[:, :-1], wide[:, 1:]]
    ucm2[2:-1:2, 1::2] = strengths[wide[:-1], wide[1:]]
    corners = ucm2[2:-1:2, 2:-1:2]
    for beside in (ucm2[1:-2:2, 2:-1:2], ucm2[3::2, 2:-1:2], ucm2[2:-1:2, 1:-2:2],
                   ucm2[2:-1:2, 3::2]):  # fmt: skip
        np.maximum(corners, beside, out=corners)
    ucm2 = ucm2[2:-2, 2:-2]
    found: NDArray[np.uint16] = np.rint(65535 * ucm2).astype(np.uint16)
    return found
