"""Shapes of LabelMe, filled."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.files.source import folded, one_line
from segprior.io.marks.marks import GROUND, Marks, check_labels
from segprior.io.marks.names import number_names
from segprior.io.marks.points import read_limited

__all__ = ["read_shapes"]

# Bytes of a file, and without the image in it, whose lists take some twenty times as much.
_LONGEST = 1 << 26
_LONGEST_SHAPES = 1 << 23
_IMAGE = re.compile(rb'"imageData"\s*:\s*"[^"\\]*"')
_MOST = 100_000
# Pixels that boxes around all shapes may have together, for each pixel of the image and at least.
_WORK = 64
_LEAST_WORK = 1 << 28
_AT_ONCE = 1 << 20
_CURE = "save it with LabelMe"

Points = NDArray[np.float64]


class _Stamp(NamedTuple):
    """Pixels of a shape, and the row and column where they begin."""

    pixels: NDArray[np.bool_]
    row: int
    column: int


def read_shapes(stream: BinaryIO, name: str, shape: tuple[int, int]) -> tuple[Marks, str]:
    """Read a file of LabelMe.

    A point marks the pixel that it lies in; lines and strips of lines are one pixel wide; polygons,
    rectangles and circles are filled: a pixel is inside if its middle is, by the rule of even and
    odd. Where shapes overlap, the later counts. The image in it is neither decoded nor opened.

    Parameters
    ----------
    stream : binary file object
    name : str
    shape : (int, int)
        Rows and columns of the image.

    Returns
    -------
    marks : Marks
    told : str
        What was made of names of labels.

    Raises
    ------
    ImageError
        If it is no such file, is of an image of another size, or has a shape that is not read, or
        lies outside the image.

    References
    ----------
    https://github.com/wkentaro/labelme, of which version 5 writes these files.
    """
    content = _content(stream, name)
    _check_size(content, name, shape)
    shapes = content["shapes"]
    if len(shapes) > _MOST:
        raise ImageError(f"{name}: {len(shapes)} shapes; at most {_MOST} are read")
    if not shapes:
        raise ImageError(f"{name}: no shapes; draw some with LabelMe")
    read = [_shape(one, f"{name}: shape {number}") for number, one in enumerate(shapes, 1)]
    labels, told = number_names([label for label, _, _ in read], name)
    check_labels(np.array(labels), name)
    values = np.zeros(shape, np.int32)
    points, work = [], max(_WORK * values.size, _LEAST_WORK)
    for number, (label, (_, kind, corners)) in enumerate(zip(labels, read, strict=True), 1):
        where = f"{name}: shape {number}, a {kind},"
        _check_inside(corners, kind, shape, where)
        if kind == "point":
            row, column = _pixels(corners, shape)[0].tolist()
            points.append((row, column, label))
        work -= _effort(corners, kind, shape)
        if work < 0:
            raise ImageError(f"{name}: its shapes are too large and too many; pass a picture")
        stamp = _KINDS[kind](corners, shape)
        rows, columns = stamp.pixels.shape
        place = values[stamp.row : stamp.row + rows, stamp.column : stamp.column + columns]
        place[stamp.pixels] = label if label else GROUND
    found = np.array(points, np.int64).reshape(-1, 3)
    return Marks(values=values, points=found, name=name), told


def _content(stream: BinaryIO, name: str) -> dict[str, Any]:
    data = _IMAGE.sub(b'"imageData":null', read_limited(stream, name, _LONGEST, "shapes"), 1)
    if len(data) > _LONGEST_SHAPES:
        raise ImageError(f"{name}: more than {_LONGEST_SHAPES} bytes of shapes; pass a picture")
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ImageError(f"{name}: broken JSON ({one_line(error)}); {_CURE}") from error
    if not isinstance(content, dict) or not isinstance(content.get("shapes"), list):
        seen = f"keys {', '.join(content) or '(none)'}" if isinstance(content, dict) else "a list"
        if not isinstance(content, dict | list):
            seen = f"a {type(content).__name__}"
        raise ImageError(f"{name}: JSON of {folded(seen)[:120]}, not of LabelMe's shapes; {_CURE}")
    return content


def _check_size(content: dict[str, Any], name: str, shape: tuple[int, int]) -> None:
    size = content.get("imageHeight"), content.get("imageWidth")
    if None not in size and size != shape:
        rows, columns = (folded(side)[:12] for side in size)
        raise ImageError(
            f"{name}: shapes of an image of {rows} x {columns} pixels, for one of {shape[0]} x "
            f"{shape[1]}; draw them on this one"
        )


def _shape(one: Any, where: str) -> tuple[str, str, Points]:
    """Label, kind and corners, (n, 2), as row and column."""
    if not isinstance(one, dict):
        raise ImageError(f"{where} is a {type(one).__name__}; {_CURE}")
    label, kind = one.get("label"), one.get("shape_type") or "polygon"
    if isinstance(label, bool) or not isinstance(label, str | int):
        raise ImageError(f"{where} has the label {folded(label)[:40]}; name it")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ImageError(f"{where} is a {folded(kind)[:40]!r}; {', '.join(_KINDS)} are read")
    try:
        corners = np.array(one.get("points"), np.float64)
        valid = corners.ndim == 2 and corners.shape[1] == 2 and bool(np.isfinite(corners).all())
    except (TypeError, ValueError, OverflowError):
        valid = False
    if not valid:
        raise ImageError(f"{where}, a {kind}, has points that are not pairs of numbers; {_CURE}")
    least, most = _COUNTS.get(kind, (1, None))
    if len(corners) < least or (most is not None and len(corners) > most):
        raise ImageError(f"{where}, a {kind}, has {len(corners)} points; {_CURE}")
    return str(label), kind, corners[:, ::-1]


def _check_inside(corners: Points, kind: str, shape: tuple[int, int], where: str) -> None:
    # The rim of a circle may lie outside; its middle may not.
    tested = corners[:1] if kind == "circle" else corners
    outside = ((tested < 0) | (tested > np.array(shape))).any(axis=1)
    if outside.any():
        row, column = tested[outside][0]
        raise ImageError(
            f"{where} reaches row {row:.6g}, column {column:.6g} of an image of {shape[0]} x "
            f"{shape[1]} pixels; move it inside"
        )


def _effort(corners: Points, kind: str, shape: tuple[int, int]) -> int:
    """How many pixels and crossings a shape takes, about."""
    if kind == "circle":
        side = min(2 * math.dist(*corners) + 1, float(max(shape)))
        return int(side * side)
    height, width = np.ptp(corners, axis=0)
    around = np.abs(np.diff(corners[:, 0], append=corners[:1, 0])).sum()
    return int((height + 1) * (width + 1) + 8 * around + 8 * len(corners))


def _pixels(corners: Points, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Pixels that points lie in, (n, 2); those on the last edge lie in the last pixel."""
    limit = np.array(shape, np.int64) - 1
    found: NDArray[np.int64] = np.minimum(np.floor(corners).astype(np.int64), limit)
    return found


def _strip(corners: Points, shape: tuple[int, int]) -> _Stamp:
    """Pixels along lines, one wide."""
    from skimage.draw import line

    pixels = _pixels(corners, shape)
    top, left = pixels.min(axis=0)
    rows, columns = pixels.max(axis=0) - (top, left) + 1
    stamp = np.zeros((rows, columns), bool)
    stamp[pixels[:, 0] - top, pixels[:, 1] - left] = True
    for begin, end in pairwise(pixels):
        along, across = line(*begin.tolist(), *end.tolist())
        stamp[along - top, across - left] = True
    return _Stamp(stamp, int(top), int(left))


def _polygon(corners: Points, shape: tuple[int, int]) -> _Stamp:
    """Pixels whose middle is inside, by the rule of even and odd."""
    (top, left), (bottom, right) = (
        _pixels(edge, shape) for edge in (corners.min(axis=0), corners.max(axis=0))
    )
    rows, columns = int(bottom - top) + 1, int(right - left) + 1
    begin = corners - (top, left)
    end = np.roll(begin, -1, axis=0)
    down = begin[:, 0] > end[:, 0]
    begin[down], end[down] = end[down], begin[down]
    turns = np.zeros((rows, columns + 1), bool)
    step = max(_AT_ONCE // rows, 1)  # edges, each of which crosses a row once
    for start in range(0, len(begin), step):
        edges = slice(start, start + step)
        crossed = _crossings(begin[edges], end[edges], columns)
        np.logical_xor.at(turns, crossed, True)
    inside = np.logical_xor.accumulate(turns, axis=1)[:, :-1]
    return _Stamp(inside, int(top), int(left))


def _crossings(
    begin: Points, end: Points, columns: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where edges, begun at their upper ends, cross the middles of rows.

    Returns
    -------
    rows, columns : ndarray of int64, shape (n,)
        The first pixel whose middle is not left of the crossing; ``columns`` if none is.
    """
    first = np.ceil(begin[:, 0] - 0.5).astype(np.int64)
    count = np.ceil(end[:, 0] - 0.5).astype(np.int64) - first  # the lower end does not count
    edge = np.repeat(np.arange(len(begin)), count)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    slope = (end[:, 1] - begin[:, 1])[edge] / (end[:, 0] - begin[:, 0])[edge]
    column = begin[edge, 1] + (row + 0.5 - begin[edge, 0]) * slope
    return row, np.clip(np.ceil(column - 0.5).astype(np.int64), 0, columns)


def _rectangle(corners: Points, shape: tuple[int, int]) -> _Stamp:
    """All pixels between two corners; four go round."""
    if len(corners) == 2:
        (top, left), (bottom, right) = corners.min(axis=0), corners.max(axis=0)
        corners = np.array([(top, left), (top, right), (bottom, right), (bottom, left)])
    return _polygon(corners, shape)


def _circle(corners: Points, shape: tuple[int, int]) -> _Stamp:
    """Pixels whose middle is no farther from the first point than the second is."""
    middle, radius = corners[0], min(math.dist(*corners), 2.0 * sum(shape))
    low = np.maximum(np.floor(middle - radius), 0).astype(np.int64)
    high = np.minimum(np.ceil(middle + radius), np.array(shape)).astype(np.int64)
    rows, columns = (
        np.arange(start, stop) + 0.5 - at for start, stop, at in zip(low, high, middle, strict=True)
    )
    inside = rows[:, None] ** 2 + columns**2 <= radius**2
    return _Stamp(inside, int(low[0]), int(low[1]))


_KINDS: dict[str, Callable[[Points, tuple[int, int]], _Stamp]] = {
    "point": _strip,
    "line": _strip,
    "linestrip": _strip,
    "polygon": _polygon,
    "rectangle": _rectangle,
    "circle": _circle,
}
# How many points each has, at least and at most.
_COUNTS: dict[str, tuple[int, int | None]] = {
    "point": (1, 1),
    "line": (2, 2),
    "polygon": (3, None),
    "rectangle": (2, 4),
    "circle": (2, 2),
}
