"""What is marked in an image, pixel by pixel."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError, InputWarning

__all__ = ["GROUND", "LARGEST", "Marks", "check_labels", "place_points", "shrink"]

GROUND = -1
"""Value of ground in `Marks.values`."""

LARGEST = 254
"""Largest label; 255 is left for what is not used."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Marks:
    """Marks in an image of (H, W) pixels.

    Attributes
    ----------
    values : ndarray of int32, shape (H, W)
        0 where unmarked, 1 to 254 for labels, `GROUND` for ground.
    points : ndarray of int64, shape (K, 3)
        Row, column and label, 0 for ground, of what was given as points, in their order.
    name : str
        For messages.
    """

    values: NDArray[np.int32]
    points: NDArray[np.int64]
    name: str

    def places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """List all that is marked.

        Returns
        -------
        places : ndarray of int64, shape (n, 2)
            Rows and columns.
        labels : ndarray of int64, shape (n,)
            0 for ground.
        """
        rows, columns = np.nonzero(self.values)
        labels = self.values[rows, columns].astype(np.int64)
        return np.stack([rows, columns], axis=-1), np.where(labels == GROUND, 0, labels)

    def hint(self) -> NDArray[np.int8]:
        """Take label 1 for the object, and ground and every other label for what it is not.

        Returns
        -------
        ndarray of int8, shape (H, W)
            1 on the object, -1 on ground, 0 unmarked.
        """
        hint = np.where(self.values == 1, np.int8(1), np.int8(-1))
        hint[self.values == 0] = 0
        return hint

    def classes(self) -> NDArray[np.int64]:
        """Take ground for one more class, with the lowest number that is free.

        Returns
        -------
        ndarray of int64, shape (H, W)
            0 where unmarked.

        Raises
        ------
        ImageError
            If no number is free.

        Warns
        -----
        InputWarning
            If there is ground; says its number.
        """
        classes = self.values.astype(np.int64)
        ground = classes == GROUND
        if ground.any():
            taken = set(np.unique(classes).tolist())
            free = next(number for number in range(1, len(taken) + 2) if number not in taken)
            if free > LARGEST:
                raise ImageError(f"{self.name}: ground, and no label is free; use fewer labels")
            classes[ground] = free
            warnings.warn(InputWarning(f"{self.name}: ground is label {free}"), stacklevel=2)
        return classes


def check_labels(labels: NDArray[Any], name: str) -> None:
    """Refuse labels, of any shape, that are neither 0 nor 1 to 254.

    Raises
    ------
    ImageError
        With one of them.
    """
    wrong = labels[(labels < 0) | (labels > LARGEST)]
    if wrong.size:
        raise ImageError(
            f"{name}: got label {wrong.flat[0]}; labels are 1 to {LARGEST}, and 0 of a point is "
            "ground"
        )


def place_points(points: NDArray[np.int64], shape: tuple[int, int], name: str) -> Marks:
    """Put points into an image.

    Parameters
    ----------
    points : ndarray of int64, shape (K, 3)
        Row, column, label.
    shape : (int, int)
        Rows and columns of the image.
    name : str

    Raises
    ------
    ImageError
        If one lies outside the image, has another label than 0 to 254, or two differ about a
        pixel.
    """
    places, labels = points[:, :2], points[:, 2]
    outside = ((places < 0) | (places >= np.array(shape))).any(axis=1)
    if outside.any():
        row, column = places[outside][0]
        more = int(outside.sum()) - 1
        raise ImageError(
            f"{name}: point at row {row}, column {column}{f' (and {more} more)' if more else ''} "
            f"of an image of {shape[0]} x {shape[1]} pixels; count from 0"
        )
    check_labels(labels, name)
    cells = places[:, 0] * shape[1] + places[:, 1]
    order = np.argsort(cells, kind="stable")
    same = np.diff(cells[order]) == 0
    differ = np.flatnonzero(same & (np.diff(labels[order]) != 0))
    if len(differ):
        one, other = order[differ[0]], order[differ[0] + 1]
        raise ImageError(
            f"{name}: row {places[one, 0]}, column {places[one, 1]} is marked twice, with labels "
            f"{labels[one]} and {labels[other]}; leave one of them out"
        )
    values = np.zeros(shape, np.int32)
    values[places[:, 0], places[:, 1]] = np.where(labels == 0, GROUND, labels)
    return Marks(values=values, points=points, name=name)


def shrink(marks: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.int64]:
    """Bring classes to the working size; no mark is lost, as thin ones would be by sampling.

    Where several marks meet in one pixel, the highest counts, unless another mark would be gone.

    Parameters
    ----------
    marks : ndarray of int64, shape (H, W)
        0 where unmarked.
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
