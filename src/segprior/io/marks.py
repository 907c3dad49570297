"""Scribbles: what a user marked in an image, as a picture or as points."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.files.budget import pixel_limit
from segprior.io.files.source import one_line, open_source
from segprior.io.label_maps import read_labels

__all__ = ["as_scribbles", "read_marks", "shrink_scribbles"]

_LARGEST = 254
_LONGEST_LIST = 1 << 24
_POINT_SUFFIXES = (".csv", ".txt")


def as_scribbles(source: Any, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Read scribbles in any of their forms.

    Parameters
    ----------
    source : str, path, or array of int of shape (H, W) or (K, 3)
        A label picture, in which 0 and 255 are unmarked and 1 to 254 are marks, or points, each a
        row, a column and a mark. Pictures may be PNG, TIFF or ``.npy`` files; points ``.npy``
        files, or text with one point per line (``.csv``, ``.txt``).
    shape : (int, int)
        Rows and columns of the image.

    Returns
    -------
    ndarray of int64, shape (H, W)
        0 where unmarked.

    Raises
    ------
    ImageError
        If they cannot be read, do not fit the image, or mark nothing.
    """
    return np.maximum(_marks(source, shape, 1), 0)


def read_marks(source: Any, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Read the marks of an object and of ground.

    Parameters
    ----------
    source, shape
        As of :func:`as_scribbles`; the mark of a point may be 0 too, which is ground.

    Returns
    -------
    ndarray of int64, shape (H, W)
        -1 where unmarked.

    Raises
    ------
    ImageError
        As of :func:`as_scribbles`.
    """
    return _marks(source, shape, 0)


def _marks(source: Any, shape: tuple[int, int], least: int) -> NDArray[np.int64]:
    """Marks from ``least``, -1 where unmarked."""
    name = str(source) if isinstance(source, str | Path) else "scribbles"
    values = _read(source, name, math.prod(shape))
    if values.ndim == 2 and values.shape == tuple(shape):
        marks = _from_picture(values, name)
    elif values.ndim == 2 and values.shape[1] == 3:
        marks = _from_points(values, shape, name, least)
    else:
        raise ImageError(
            f"{name}: shape {values.shape} for an image of {shape[0]} x {shape[1]} pixels; pass "
            "one label per pixel, or points of row, column and label"
        )
    if marks.max() < 0:
        raise ImageError(f"{name}: nothing is marked; 0 and 255 are unmarked, 1 to 254 are marks")
    return marks


def _read(source: Any, name: str, pixels: int) -> NDArray[Any]:
    if not isinstance(source, str | Path):
        values = np.asarray(source)
    elif Path(source).suffix.lower() in _POINT_SUFFIXES:
        with open_source(source) as (stream, _):
            data = stream.read(_LONGEST_LIST + 1)
        if len(data) > _LONGEST_LIST:
            raise ImageError(f"{name}: more than {_LONGEST_LIST} bytes of points; pass a picture")
        text = data.decode("utf-8-sig", "replace")
        points = [line for line in text.splitlines() if line.partition("#")[0].strip()]
        if not points:
            raise ImageError(f"{name}: no points; write row,column,label on each line")
        try:
            values = np.loadtxt(points, delimiter=",", ndmin=2, comments="#")
        except ValueError as error:
            reason = one_line(error).rstrip(".")
            raise ImageError(f"{name}: {reason}; write row,column,label on each line") from error
        if not np.all(values == np.rint(values)):
            raise ImageError(f"{name}: fractions; write row,column,label as whole numbers")
        values = values.astype(np.int64)
    else:
        values = read_labels(source, max_pixels=pixel_limit(pixels))
    if values.dtype.kind not in "bui":
        raise ImageError(f"{name}: values of type {values.dtype}; pass whole numbers")
    return values


def _from_picture(values: NDArray[Any], name: str) -> NDArray[np.int64]:
    marks = values.astype(np.int64)
    if marks.min() < 0 or marks.max() > 255:
        wrong = marks.min() if marks.min() < 0 else marks.max()
        raise ImageError(f"{name}: got label {wrong}; marks are 1 to {_LARGEST}")
    unmarked = marks == 255
    if unmarked.any() and (marks == 0).any():
        raise ImageError(
            f"{name}: holds 0 and 255, either of which is unmarked; use one of them, and marks "
            f"from 1 to {_LARGEST}"
        )
    marks[unmarked | (marks == 0)] = -1
    return marks


def _from_points(
    values: NDArray[Any], shape: tuple[int, int], name: str, least: int
) -> NDArray[np.int64]:
    points = values.astype(np.int64)
    for row, column, mark in points:
        if not (0 <= row < shape[0] and 0 <= column < shape[1]):
            raise ImageError(
                f"{name}: point at row {row}, column {column} of an image of {shape[0]} x "
                f"{shape[1]} pixels; count from 0"
            )
        if not least <= mark <= _LARGEST:
            raise ImageError(f"{name}: got label {mark}; marks are {least} to {_LARGEST}")
    marks = np.full(shape, -1, np.int64)
    marks[points[:, 0], points[:, 1]] = points[:, 2]
    return marks


def shrink_scribbles(marks: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.int64]:
    """Bring scribbles to the working size; no mark is lost, as thin ones would be by sampling.

    Where several marks meet in one pixel, the highest counts, unless another mark would be gone.

    Parameters
    ----------
    marks : ndarray of int64, shape (H, W)
    shape : (int, int)
        Rows and columns wanted, no more than there are.
    """
    if marks.shape == shape:
        return marks
    small = np.zeros(shape, np.int64)
    places = {}
    for mark in np.unique(marks[marks > 0]):
        rows, columns = np.nonzero(marks == mark)
        places[mark] = (rows * shape[0] // marks.shape[0], columns * shape[1] // marks.shape[1])
        small[places[mark]] = mark
    for mark, (rows, columns) in places.items():
        if not (small == mark).any():
            small[rows[0], columns[0]] = mark
    return small
