"""The Berkeley segmentation data set's ``.mat`` files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.files.budget import pixel_limit
from segprior.io.files.mat_file import CELL, NUMBERS, alone
from segprior.io.files.source import one_line, open_source
from segprior.io.format import Annotation, Format

__all__ = [
    "FORMAT", "Annotation", "read_annotations", "read_hierarchy", "read_segmentations",
]  # fmt: skip


def read_annotations(source: object) -> list[Annotation]:
    """Read the ground truth of one image.

    Parameters
    ----------
    source : str, path-like, bytes or binary file object
        A ``.mat`` file with the variable ``groundTruth``, as BSDS500 has them.

    Returns
    -------
    list of Annotation
        One for each annotator.

    Raises
    ------
    ImageError
        If the file cannot be read, or holds something else.

    References
    ----------
    P. Arbeláez, M. Maire, C. Fowlkes, J. Malik: Contour detection and hierarchical image
    segmentation. TPAMI 33(5), 2011. doi:10.1109/TPAMI.2010.161
    """
    cells, name = _variable(source, ("groundTruth",), "ground truth", (CELL,))
    try:
        found = [
            Annotation(_labels(cell["Segmentation"][0, 0]), cell["Boundaries"][0, 0].astype(bool))
            for cell in cells.flat
        ]
        whole = all(one.labels.shape == one.boundaries.shape for one in found)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ImageError(
            f"{name}: groundTruth has no Segmentation and Boundaries; pass a file of BSDS500"
        ) from error
    if not found or not whole:
        raise ImageError(f"{name}: {len(found)} annotators of unequal maps; pass a file of BSDS500")
    return found


def read_segmentations(source: object) -> list[NDArray[Any]]:
    """Read the label maps of one image, as the official benchmark takes them.

    Parameters
    ----------
    source : str, path-like, bytes or binary file object
        A ``.mat`` file with the cell array ``segs``.

    Returns
    -------
    list of ndarray of int, shape (H, W)
        One for each setting of whatever made them.

    Raises
    ------
    ImageError
        If the file cannot be read, or holds something else.
    """
    cells, name = _variable(source, ("segs",), "segmentations", (CELL, *NUMBERS))
    try:
        found = [_labels(cell) for cell in (cells.flat if cells.dtype == object else [cells])]
    except (AttributeError, TypeError, ValueError) as error:
        raise ImageError(f"{name}: segs is not made of label maps; save whole numbers") from error
    if not found:
        raise ImageError(f"{name}: segs is empty; save at least one label map")
    return found


def read_hierarchy(source: object) -> NDArray[np.float64]:
    """Read an ultrametric contour map.

    Parameters
    ----------
    source : str, path-like, bytes or binary file object
        A ``.mat`` file with the variable ``ucm2``, or else ``ucm``.

    Returns
    -------
    ndarray of float64, shape (2H + 1, 2W + 1), or (H, W) of ``ucm``
        Strength of the contours; :func:`segprior.metrics.contour_tree` makes regions of it.

    Raises
    ------
    ImageError
        If the file cannot be read, or holds something else.
    """
    found, name = _variable(source, ("ucm2", "ucm"), "contour map", NUMBERS)
    if found.ndim != 2 or found.dtype.kind not in "uif":
        raise ImageError(
            f"{name}: a contour map of shape {found.shape} and type {found.dtype}; save a map of "
            "numbers"
        )
    return found.astype(np.float64)


def _variable(
    source: object, keys: Sequence[str], what: str, classes: tuple[int, ...]
) -> tuple[NDArray[Any], str]:
    from scipy.io import loadmat

    # A contour map may have four values and more for each pixel.
    limit = pixel_limit()
    pixels = sys.maxsize if limit is None else limit
    most = pixels if CELL in classes else 5 * pixels
    content: dict[str, Any] = {}
    with open_source(source) as (stream, name):
        try:
            for key in keys:
                file = alone(stream, key, classes, most, name)
                if file is not None and key not in content:
                    content |= loadmat(cast(Any, file), variable_names=[key])
        except ImageError:
            raise
        # A broken file shows itself as an exception of scipy, zlib, NumPy or struct.
        except Exception as error:
            raise ImageError(
                f"{name}: cannot be read as .mat ({one_line(error)}); save it in MATLAB with -v7"
            ) from error
    for key in keys:
        if key in content:
            return np.asarray(content[key]), name
    wanted = " or ".join(map(repr, keys))
    raise ImageError(f"{name}: no variable {wanted}, so no {what}; pass a file that has it")


def _labels(cell: Any) -> NDArray[Any]:
    array: NDArray[Any] = np.asarray(cell)
    if array.ndim != 2 or array.dtype.kind not in "buif" or not array.size:
        raise ValueError(f"shape {array.shape}, type {array.dtype}")
    if array.dtype.kind != "f":
        return array
    # MATLAB's default type is double, in which many programs keep their labels.
    whole: NDArray[np.int64] = array.astype(np.int64)
    if not np.array_equal(whole, array):
        raise ValueError("labels with fractions")
    return whole


def _read_labels(path: Path) -> NDArray[Any]:
    found = read_segmentations(path)
    if len(found) != 1:
        raise ImageError(f"{path}: {len(found)} label maps in segs; save one per image")
    return found[0]


FORMAT = Format(
    name="bsds",
    suffixes=(".mat",),
    read_labels=_read_labels,
    read_annotations=read_annotations,
    read_contours=read_hierarchy,
)
