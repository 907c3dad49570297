"""One door for marks in."""

from __future__ import annotations

import codecs
import math
import os
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError, InputWarning
from segprior.image.colour import to_uint8
from segprior.image.resize import match_size
from segprior.io.decode import read_pixels
from segprior.io.files.budget import pixel_limit
from segprior.io.files.pixels import Pixels
from segprior.io.files.source import open_source
from segprior.io.label_maps import labels_of
from segprior.io.marks.marks import LARGEST, Marks, place_points
from segprior.io.marks.points import parse_points, read_table
from segprior.io.marks.shapes import read_shapes
from segprior.io.marks.strokes import find_strokes
from segprior.io.registry import folder_format, recognise

__all__ = ["read_marks", "tell"]

_UNUSED = 255
_OPAQUE = 0.5


def read_marks(
    source: Any,
    shape: tuple[int, int],
    *,
    image: NDArray[Any] | None = None,
    several: bool = True,
    any_size: bool = False,
) -> Marks:
    """Read marks in any of their forms, told by content and not by name; see docs/marks.md.

    Parameters
    ----------
    source : str, path-like, bytes, binary file object, or array
        - A label picture, or whole numbers of shape (H, W): 0 and 255 are unmarked, 1 to 254 are
          labels. A grey picture of 0 and 255 alone marks label 1.
        - A picture in colours, or uint8 of shape (H, W, 3) or (H, W, 4), with strokes on a copy of
          the image, on white, black or grey, or on transparency: green is label 1, red ground, and
          other strong colours are the labels from 2 on.
        - Points, as whole numbers of shape (K, 3): row, column and label, 0 for ground; or text
          with commas, one ``row,column,label`` on each line, or columns that are named in the first
          (``row,column``, ``y,x``, ``label``), or as napari saves points.
        - LabelMe's JSON: points, lines, strips of lines, polygons, rectangles and circles.
    shape : (int, int)
        Rows and columns of the image.
    image : ndarray of shape (H, W, C), optional
        Floats in [0, 1], uint8 or uint16, to tell strokes on a copy from its own colours.
    several : bool
        Whether there is use for other labels than 1 and ground; if not, strokes in other colours
        than green and red are left out.
    any_size : bool
        Whether a picture of another size is brought to that of the image, by nearest neighbour.

    Raises
    ------
    ImageError
        If it cannot be read, does not fit the image, or marks nothing. Says what was seen.

    Warns
    -----
    InputWarning
        If labels have names, or strokes other colours than green and red; says what they are.

    Examples
    --------
    >>> import numpy as np
    >>> marks = read_marks(b"row,column,label\\n1,2,1\\n0,0,0\\n", (2, 3))
    >>> marks.values.tolist(), marks.points.tolist()
    ([[-1, 0, 0], [0, 0, 1]], [[1, 2, 1], [0, 0, 0]])
    """
    if isinstance(source, str | os.PathLike | bytes | bytearray | memoryview) or hasattr(
        source, "read"
    ):
        marks, told = _from_file(source, shape, image, several, any_size)
    else:
        pixels = Pixels(values=np.asarray(source), name="scribbles")
        marks, told = _from_numbers(pixels, shape, image, several, any_size)
    if not marks.values.any():
        raise ImageError(
            f"{marks.name}: nothing is marked; 0 and 255 are unmarked, 1 to {LARGEST} are labels"
        )
    tell(marks.name, told)
    return marks


def tell(name: str, told: str) -> None:
    """Warn of what was made of marks, if there is anything to say."""
    if told:
        warnings.warn(InputWarning(f"{name}: {told}"), stacklevel=3)


def _from_file(
    source: Any,
    shape: tuple[int, int],
    image: NDArray[Any] | None,
    several: bool,
    any_size: bool,
) -> tuple[Marks, str]:
    limit = pixel_limit(math.prod(shape))
    if folder_format(source) is not None:
        pixels = read_pixels(source, indices=True, max_pixels=limit)
        return _from_numbers(pixels, shape, image, several, any_size)
    with open_source(source) as (stream, name):
        if recognise(stream, name) is None:
            head = stream.read(1024).removeprefix(codecs.BOM_UTF8).lstrip()
            stream.seek(0)
            if head[:1] in (b"{", b"["):
                return read_shapes(stream, name, shape)
            if b"\0" in head:
                raise ImageError(
                    f"{name}: neither a picture nor text; pass a label picture, strokes, points "
                    "in a .csv, or a .json of LabelMe"
                )
            points, told = parse_points(read_table(stream, name), name)
            return place_points(points, shape, name), told
        # A path is opened again, since some formats are read from their place.
        again = source if isinstance(source, str | os.PathLike) else stream
        pixels = replace(read_pixels(again, indices=True, max_pixels=limit), name=name)
    return _from_numbers(pixels, shape, image, several, any_size)


def _from_numbers(
    pixels: Pixels,
    shape: tuple[int, int],
    image: NDArray[Any] | None,
    several: bool,
    any_size: bool,
) -> tuple[Marks, str]:
    values, name = pixels.values, pixels.name
    if values.ndim == 3 and values.shape[2] >= 3 and not pixels.indexed:
        return _from_colours(pixels, shape, image, several, any_size)
    pictured = values.ndim == 3 or pixels.stored_axis is not None
    if not pictured and values.ndim == 2 and values.shape != shape and values.shape[1] == 3:
        _check_whole(values, name)
        return place_points(values.astype(np.int64), shape, name), ""
    labels = labels_of(pixels)
    told = ""
    grey = pixels.stored_axis is not None and not pixels.indexed
    if grey and values.dtype == np.uint8 and values.max() == _UNUSED and labels.max() == 1:
        told = "a mask of 0 and 255, whose 255 is taken for label 1"
    return _labelled(_fitted(labels, shape, name, any_size), name), told


def _check_whole(values: NDArray[Any], name: str) -> None:
    if values.dtype.kind not in "bui":
        raise ImageError(f"{name}: values of type {values.dtype}; pass whole numbers")


def _labelled(labels: NDArray[Any], name: str) -> Marks:
    """Make marks of a label picture."""
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high > _UNUSED:
        raise ImageError(
            f"{name}: got label {low if low < 0 else high}; labels are 1 to {LARGEST}, and 0 and "
            f"{_UNUSED} are unmarked"
        )
    values = labels.astype(np.int32)
    values[values == _UNUSED] = 0
    return Marks(values=values, points=np.zeros((0, 3), np.int64), name=name)


def _from_colours(
    pixels: Pixels,
    shape: tuple[int, int],
    image: NDArray[Any] | None,
    several: bool,
    any_size: bool,
) -> tuple[Marks, str]:
    values, name = pixels.values, pixels.name
    if values.dtype not in (np.uint8, np.uint16) or values.shape[2] > 4:
        raise ImageError(
            f"{name}: shape {values.shape} and type {values.dtype} are no marks; pass labels of "
            f"shape {shape}, or strokes in colours of 8 bits"
        )
    fitted = _fitted(values, shape, name, any_size)
    if fitted.dtype == np.uint16:
        fitted = (fitted >> 8).astype(np.uint8)
    opaque = None
    if fitted.shape[2] == 4 and (pixels.alpha != "none" or pixels.stored_axis is None):
        opaque = fitted[..., 3] > _OPAQUE * 255
    strokes = find_strokes(
        fitted[..., :3], name, opaque=opaque, image=_shown(image), several=several,
        lossy=pixels.lossy,
    )  # fmt: skip
    points = np.zeros((0, 3), np.int64)
    return Marks(values=strokes.values, points=points, name=name), strokes.told


def _shown(image: NDArray[Any] | None) -> NDArray[np.uint8] | None:
    """Show an image of one or three channels as a program that paints does."""
    if image is None or image.shape[2] not in (1, 3):
        return None
    shown = to_uint8(image)
    return np.broadcast_to(shown, (*shown.shape[:2], 3))


def _fitted(
    values: NDArray[Any], shape: tuple[int, int], name: str, any_size: bool
) -> NDArray[Any]:
    """Bring a picture to the size of the image, or refuse it."""
    if values.shape[:2] == shape:
        return values
    if not any_size or 0 in values.shape:
        raise ImageError(
            f"{name}: {values.shape[0]} x {values.shape[1]} pixels for an image of {shape[0]} x "
            f"{shape[1]}; paint on a copy of the image"
        )
    return match_size(values, shape)
