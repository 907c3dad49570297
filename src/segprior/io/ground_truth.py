"""Files to score and to score against: label maps of one or more annotators, and masks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.decode import read_pixels
from segprior.io.files.budget import pixel_limit
from segprior.io.files.pixels import Pixels
from segprior.io.format import Format
from segprior.io.label_maps import labels_of, read_labels
from segprior.io.registry import by_suffix, endings, known

__all__ = [
    "Mask",
    "Regions",
    "read_contours",
    "read_mask",
    "read_prediction",
    "read_regions",
    "scored_suffixes",
]

# Between these, of 255, a mask says that a pixel does not count.
UNDECIDED = (65, 190)
_VOID = 255


class Regions(NamedTuple):
    """What people drew on one image.

    Attributes
    ----------
    labels : list of ndarray of int, shape (H, W)
        One label map for each annotator.
    boundaries : list of ndarray of bool, shape (H, W), or None
        Their boundaries, where the files hold any.
    void : ndarray of bool, shape (H, W), or None
        Pixels that do not count, if there are any.
    """

    labels: list[NDArray[Any]]
    boundaries: list[NDArray[np.bool_]] | None
    void: NDArray[np.bool_] | None = None


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


def scored_suffixes() -> tuple[str, ...]:
    """Return the suffixes of files that may be scored or scored against, in their order."""

    def holds(format: Format) -> bool:
        labels = format.read is not None and format.grey and not format.lossy
        return labels or format.read_labels is not None or format.read_annotations is not None

    return tuple(sorted(endings(holds)))


def read_regions(paths: Sequence[Path]) -> Regions:
    """Read the truth about one image.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        One ``.mat`` file as BSDS500 has them, or a label map for each annotator. In an indexed
        picture of classes, 255 is the void of PASCAL VOC; pixels that are void to one annotator
        do not count.

    Raises
    ------
    ImageError
        If a file cannot be read or is not a label map.
    """
    format = by_suffix(paths[0]) if len(paths) == 1 else None
    if format is not None and format.read_annotations is not None:
        drawn = format.read_annotations(paths[0])
        return Regions([one.labels for one in drawn], [one.boundaries for one in drawn])
    found = [read_pixels(path, indices=True, max_pixels=pixel_limit()) for path in paths]
    voids = [_void_of(pixels) for pixels in found]
    labels = [labels_of(pixels) for pixels in found]
    same = [void for void in voids if void is not None and void.shape == labels[0].shape]
    return Regions(labels, None, np.logical_or.reduce(same) if same else None)


def _void_of(pixels: Pixels) -> NDArray[np.bool_] | None:
    """Where an indexed picture of classes is void: 255, beside numbers of classes.

    References
    ----------
    M. Everingham et al.: The PASCAL Visual Object Classes Challenge. IJCV 88, 2010, section 3.
    """
    if not pixels.indexed or pixels.values.ndim != 2:
        return None
    void: NDArray[np.bool_] = pixels.values == _VOID
    classes = (pixels.values != 0) & ~void
    return void if void.any() and classes.any() else None


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
    format = by_suffix(path)
    if format is None or format.read_labels is None:
        return read_labels(path, max_pixels=pixel_limit())
    return format.read_labels(path)


def read_contours(path: Path) -> NDArray[np.float64]:
    """Read an ultrametric contour map.

    Parameters
    ----------
    path : pathlib.Path
        A ``.mat`` file with ``ucm2`` or ``ucm``, or a grey picture or array; one of whole numbers
        holds shares of the largest that its type has.

    Returns
    -------
    ndarray of float64, shape (rows, columns)
        Strength of the contours, in [0, 1] from whole numbers of a picture.

    Raises
    ------
    ImageError
        If the file cannot be read or holds something else.
    """
    format = by_suffix(path)
    if format is not None and format.read_contours is not None:
        return format.read_contours(path)
    # They may be of double size.
    pixels = _pixels(path, "contours", times=5)
    values = _grey(pixels.values)
    if pixels.indexed:
        raise ImageError(f"{path}: a picture of labels, not of contours; pass a grey picture")
    if values.ndim != 2 or values.dtype.kind not in "buif" or not values.size:
        raise ImageError(
            f"{path}: shape {values.shape} and type {values.dtype}, not a contour map; pass a grey "
            "picture"
        )
    largest = np.iinfo(values.dtype).max if values.dtype.kind in "ui" else 1
    strengths: NDArray[np.float64] = values.astype(np.float64) / largest
    return strengths


def read_mask(path: Path) -> Mask:
    """Read a mask.

    Parameters
    ----------
    path : pathlib.Path
        A grey picture or array, or one with three equal channels, from 0 to 1, 255 or 65535,
        whichever is the least that holds its largest value; an indexed picture, in which 0
        alone is background, and 255, beside numbers of classes, is the void of PASCAL VOC; or a
        ``.mat`` file whose ``segs`` holds one such map.

    Returns
    -------
    Mask
        Values from 65 to 190 of 255 are undecided, and so is void.

    Raises
    ------
    ImageError
        If the file cannot be read or holds something else.
    """
    format = by_suffix(path)
    void = None
    if format is not None and format.read_labels is not None:
        values = format.read_labels(path)
    else:
        pixels = _pixels(path, "masks")
        values = pixels.values != 0 if pixels.indexed else pixels.values
        void = _void_of(pixels)
    values = _grey(values)
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
    if void is not None:
        undecided |= void
    return Mask(share, undecided)


def _pixels(path: Path, what: str, times: int = 1) -> Pixels:
    limit = pixel_limit()
    most = None if limit is None else times * limit
    pixels = read_pixels(path, indices=True, max_pixels=most)
    if pixels.lossy:
        raise ImageError(f"{path}: {pixels.kind} blurs {what}; pass {known(labels=True)}")
    return pixels


def _grey(values: NDArray[Any]) -> NDArray[Any]:
    """One of the channels, where all are equal."""
    if values.ndim == 3 and values.shape[2] > 0 and np.all(values == values[..., :1]):
        return values[..., 0]
    return values
