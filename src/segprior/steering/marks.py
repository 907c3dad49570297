"""What is marked in an image: points, a box, scribbles, a mask to start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.errors import ConfigError, ImageError
from segprior.io.marks.reader import read_marks

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Marks", "as_marks"]

_LARGEST = 254


@dataclass(frozen=True, kw_only=True, eq=False)
class Marks:
    """Marks in an image of (H, W) pixels.

    Attributes
    ----------
    shape : (int, int)
    places : ndarray of int64, shape (K, 2)
        Row and column of each marked pixel, in rising order, none twice.
    labels : ndarray of int64, shape (K,)
        0 for ground, from 1 for objects.
    box : (int, int, int, int) or None
        Top, left, bottom, right, as in slices.
    mask : ndarray of bool, shape (H, W), or None
        To start from.
    """

    shape: tuple[int, int]
    places: NDArray[np.int64]
    labels: NDArray[np.int64]
    box: tuple[int, int, int, int] | None = None
    mask: NDArray[np.bool_] | None = None

    @property
    def objects(self) -> list[int]:
        """Labels of the objects; 1 where none is marked."""
        found: list[int] = np.unique(self.labels[self.labels > 0]).tolist()
        return found or [1]

    @property
    def divides(self) -> bool:
        """Whether objects are all there is: several, and no ground marked."""
        return len(self.objects) > 1 and self.box is None and bool((self.labels > 0).all())

    def reduced(self, shape: tuple[int, int]) -> NDArray[np.int16]:
        """Bring the points to another size.

        Returns
        -------
        ndarray of int16, shape (h, w)
            -1 where nothing is marked. Of several labels in a pixel that with the most points
            counts, the lowest of equals.
        """
        found = np.full(shape, -1, np.int16)
        if len(self.labels) == 0:
            return found
        # The pixel whose middle the middle of a point lies in.
        full = np.array(self.shape)
        rows, columns = ((2 * self.places + 1) * np.array(shape) // (2 * full)).T
        keys = (rows * shape[1] + columns) * (_LARGEST + 2) + self.labels
        present, counts = np.unique(keys, return_counts=True)
        cells, labels = np.divmod(present, _LARGEST + 2)
        order = np.lexsort((-labels, counts, cells))  # what counts comes last in its cell
        found.ravel()[cells[order]] = labels[order]
        return found


def as_marks(
    shape: tuple[int, int],
    *,
    points: Any = None,
    labels: Any = None,
    box: Any = None,
    scribbles: Any = None,
    mask: Any = None,
    image: NDArray[Any] | None = None,
    several: bool = True,
) -> Marks:
    """Read and check what is marked.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the image.
    points, labels, box, scribbles, mask
        As of `Predictor.predict`.
    image, several
        As of :func:`segprior.io.marks.reader.read_marks`.

    Raises
    ------
    ConfigError
        If nothing is marked, points lie outside the image or are marked twice with two labels,
        or a box is empty, lies outside, or has an object outside.
    ImageError
        If scribbles cannot be read or do not fit the image.
    """
    places, kinds = _points(points, labels, shape)
    if scribbles is not None:
        drawn, of = read_marks(scribbles, shape, image=image, several=several).places()
        places = np.concatenate([places, drawn])
        kinds = np.concatenate([kinds, of])
    found = Marks(
        shape=shape,
        **_each_once(places, kinds, shape),
        box=None if box is None else _box(box, shape),
        mask=None if mask is None else _mask(mask, shape),
    )
    if len(found.labels) == 0 and box is None and mask is None:
        raise ConfigError("nothing is marked; pass points=, box=, scribbles= or mask=")
    if len(found.objects) > 1 and found.mask is not None:
        raise ConfigError("got mask= with several objects; start from a mask with one object")
    if found.box is not None:
        _check_inside(found, found.box)
    return found


def _points(
    points: Any, labels: Any, shape: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns, (K, 2), and labels, (K,), of points."""
    if points is None:
        if labels is not None:
            raise ConfigError("got labels= without points=; pass both")
        return np.zeros((0, 2), np.int64), np.zeros(0, np.int64)
    places = _whole("points", points)
    if places.size == 0:
        places = places.reshape(0, 2)
    if places.ndim == 1 and len(places) == 2:
        places = places[None]
    if places.ndim != 2 or places.shape[1] != 2:
        raise ConfigError(f"got points of shape {places.shape}; pass (row, column) for each")
    if labels is None:
        kinds = np.ones(len(places), np.int64)
    else:
        kinds = np.atleast_1d(_whole("labels", labels))
        if kinds.shape != (len(places),):
            raise ConfigError(
                f"got {kinds.size} labels for {len(places)} points; pass one for each"
            )
    for (row, column), kind in zip(places.tolist(), kinds.tolist(), strict=True):
        if not (0 <= row < shape[0] and 0 <= column < shape[1]):
            raise ConfigError(
                f"point at row {row}, column {column} of an image of {shape[0]} x {shape[1]} "
                "pixels; count from 0"
            )
        if not 0 <= kind <= _LARGEST:
            raise ConfigError(
                f"got label {kind}; pass 0 for ground and 1 to {_LARGEST} for objects"
            )
    return places, kinds


def _whole(name: str, values: Any) -> NDArray[np.int64]:
    """An array of whole numbers."""
    try:
        found = np.asarray(values)
        numbers = found.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigError(option=name, got=values, cure="pass whole numbers") from error
    if found.dtype.kind not in "buif" or not np.array_equal(numbers, np.rint(numbers)):
        raise ConfigError(option=name, got=values, cure="pass whole numbers")
    if np.abs(numbers).max(initial=0) >= 2**53:
        raise ConfigError(option=name, got=values, cure="pass places in the image")
    return numbers.astype(np.int64)


def _each_once(
    places: NDArray[np.int64], kinds: NDArray[np.int64], shape: tuple[int, int]
) -> dict[str, NDArray[np.int64]]:
    """Sort marks, so that their order makes no difference, and drop those given twice."""
    flat = places[:, 0] * shape[1] + places[:, 1]
    pairs = np.unique(np.stack([flat, kinds], -1), axis=0)
    twice = np.flatnonzero(pairs[1:, 0] == pairs[:-1, 0])
    if len(twice):
        (place, one), (_, other) = pairs[twice[0] : twice[0] + 2].tolist()
        row, column = divmod(place, shape[1])
        raise ConfigError(
            f"the pixel at row {row}, column {column} is marked {one} and {other}; mark it once"
        )
    return {"places": np.stack(np.divmod(pairs[:, 0], shape[1]), -1), "labels": pairs[:, 1]}


def _box(box: Any, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    found = _whole("box", box)
    if found.shape != (4,):
        raise ConfigError(option="box", got=box, cure="pass top, left, bottom and right")
    top, left, bottom, right = found.tolist()
    if not (top < bottom and left < right):
        raise ConfigError(
            ", which is empty", option="box", got=(top, left, bottom, right),
            cure="pass top, left, bottom and right",
        )  # fmt: skip
    if top < 0 or left < 0 or bottom > shape[0] or right > shape[1]:
        raise ConfigError(
            f", which reaches out of an image of {shape[0]} x {shape[1]} pixels",
            option="box", got=(top, left, bottom, right), cure="end it at the border",
        )  # fmt: skip
    return top, left, bottom, right


def _check_inside(marks: Marks, box: Sequence[int]) -> None:
    top, left, bottom, right = box
    for (row, column), label in zip(marks.places.tolist(), marks.labels.tolist(), strict=True):
        if label > 0 and not (top <= row < bottom and left <= column < right):
            raise ConfigError(
                f"the object marked at row {row}, column {column} lies outside the box "
                f"({top}, {left}, {bottom}, {right}); make it larger"
            )


def _mask(mask: Any, shape: tuple[int, int]) -> NDArray[np.bool_]:
    values = np.asarray(mask)
    if values.shape != shape or values.dtype.kind not in "bui":
        raise ImageError(
            f"got a mask of shape {values.shape} and type {values.dtype}; pass booleans or whole "
            f"numbers of shape {shape}"
        )
    found: NDArray[np.bool_] = values != 0
    return found
