"""Files to score and to score against: label maps of one or more annotators, and masks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.decode import read_pixels
from segprior.io.formats.bsds import read_annotations, read_segmentations
from segprior.io.label_maps import read_labels

__all__ = ["SCORED_SUFFIXES", "Mask", "Regions", "read_mask", "read_prediction", "read_regions"]

SCORED_SUFFIXES = (".bmp", ".gif", ".mat", ".npy", ".png", ".tif", ".tiff")

# Between these, of 255, a mask says that a pixel does not count.
UNDECIDED = (65, 190)


class Regions(NamedTuple):
    """What people drew on one image.

    Attributes
    ----------
    labels : list of ndarray of int, shape (H, W)
        One label map for each annotator.
    boundaries : list of ndarray of bool, shape (H, W), or None
        Their boundaries, where the files hold any.
    """

    labels: list[NDArray[Any]]
    boundaries: list[NDArray[np.bool_]] | None


class Mask(NamedTuple):
    """The foreground of one image.

    Attributes
    ----------
    values : ndarray of float32, shape (H, W)
        How much of each pixel is foreground, in [0, 1].
    undecided : ndarray of bool, shape (H, W)
        Pixels between both.
    """

    values: NDArray[np.float32]
    undecided: NDArray[np.bool_]


def read_regions(paths: Sequence[Path]) -> Regions:
    """Read the truth about one image.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        One ``.mat`` file as BSDS500 has them, or a label map for each annotator.

    Raises
    ------
    ImageError
        If a file cannot be read or is not a label map.
    """
    if len(paths) == 1 and paths[0].suffix.lower() == ".mat":
        drawn = read_annotations(paths[0])
        return Regions([one.labels for one in drawn], [one.boundaries for one in drawn])
    return Regions([read_labels(path) for path in paths], None)


def read_prediction(path: Path) -> NDArray[Any]:
    """Read a label map that some program made.

    Parameters
    ----------
    path : pathlib.Path
        Anything that :func:`segprior.io.label_maps.read_labels` takes, or a ``.mat`` file whose
        ``segs`` holds one label map.

    Returns
    -------
    ndarray of int, shape (H, W)

    Raises
    ------
    ImageError
        If the file cannot be read or does not hold one label map.
    """
    if path.suffix.lower() != ".mat":
        return read_labels(path)
    found = read_segmentations(path)
    if len(found) != 1:
        raise ImageError(f"{path}: {len(found)} label maps in segs; save one per image")
    return found[0]


def read_mask(path: Path) -> Mask:
    """Read a mask.

    Parameters
    ----------
    path : pathlib.Path
        A grey picture or array, or one with three equal channels, from 0 to 1, 255 or 65535,
        whichever is the least that holds its largest value; an indexed picture, in which 0
        alone is background; or a ``.mat`` file whose ``segs`` holds one such map.

    Returns
    -------
    Mask
        Values from 65 to 190 of 255 are undecided.

    Raises
    ------
    ImageError
        If the file cannot be read or holds something else.
    """
    if path.suffix.lower() == ".mat":
        values: NDArray[Any] = read_prediction(path)
    else:
        pixels = read_pixels(path, indices=True)
        values = pixels.values
        if pixels.kind == "JPEG":
            raise ImageError(f"{path}: JPEG blurs masks; pass PNG, TIFF or .npy")
        if pixels.indexed:
            values = values != 0
    if values.ndim == 3 and values.shape[2] > 0 and np.all(values == values[..., :1]):
        values = values[..., 0]
    if values.ndim != 2 or values.dtype.kind not in "buif" or not values.size:
        raise ImageError(
            f"{path}: shape {values.shape} and type {values.dtype}, not a mask; "
            "pass a grey picture, 0 on the background and 255 on the foreground"
        )
    low, high = float(values.min()), float(values.max())
    scale = next((limit for limit in (1, 255, 65535) if high <= limit), None)
    if not low >= 0 or scale is None:
        raise ImageError(f"{path}: values from {low:g} to {high:g}, not a mask; pass 0 to 255")
    share = (values / np.float32(scale)).astype(np.float32)
    # The margin keeps 65 / 255 itself inside, whatever the rounding.
    first, last = (level / 255 for level in UNDECIDED)
    undecided = (share >= first - 1e-4) & (share <= last + 1e-4)
    return Mask(share, undecided)
