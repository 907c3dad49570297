"""Points in tables of text: rows, columns and labels, as people and napari write them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.files.source import folded, one_line
from segprior.io.marks.names import number_names

__all__ = ["Table", "columns_of", "parse_points", "read_limited", "read_table"]

_LONGEST = 1 << 24
_MOST = 500_000
_FARTHEST = 1 << 31
_CURE = "write row,column,label on each line, or name the columns in the first"
# What columns may be called; napari numbers its axes.
_NAMES = {
    "image": ("image", "file", "filename"),
    "row": ("row", "y", "axis-0"),
    "column": ("column", "col", "x", "axis-1"),
    "label": ("label", "class"),
}
_OF_NAPARI = ("axis-0", "axis-1")


class Table(NamedTuple):
    """A table of text.

    Attributes
    ----------
    header : list of str or None
        Names of the columns in small letters, if the first line has any.
    rows : list of (int, list of str)
        Number of the line, from 1, and the fields.
    """

    header: list[str] | None
    rows: list[tuple[int, list[str]]]


def read_limited(stream: BinaryIO, name: str, limit: int, what: str) -> bytes:
    """Read a file that may have so many bytes.

    Raises
    ------
    ImageError
        If it has more.
    """
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise ImageError(f"{name}: more than {limit} bytes of {what}; pass a picture")
    return data


def read_table(stream: BinaryIO, name: str) -> Table:
    """Read a table with commas, or with semicolons or tabs where there are no commas.

    What follows ``#`` at the start of a line, and in tables without header anywhere, is a remark.

    Raises
    ------
    ImageError
        If it is too long, holds nothing, or is no such table.
    """
    text = read_limited(stream, name, _LONGEST, "points").decode("utf-8-sig", "replace")
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.partition("#")[0].strip()
    ]
    if not lines:
        raise ImageError(f"{name}: no points; {_CURE}")
    if len(lines) > _MOST:
        raise ImageError(f"{name}: more than {_MOST} lines of points; pass a picture")
    first = lines[0][1].partition("#")[0]
    between = next((mark for mark in ",;\t" if mark in first), ",")
    named = not _is_number(first.split(between)[0])
    if not named:
        lines = [(number, line.partition("#")[0]) for number, line in lines]
    try:
        fields = list(csv.reader((line for _, line in lines), delimiter=between, strict=True))
    except csv.Error as error:
        raise ImageError(f"{name}: {one_line(error)}; {_CURE}") from error
    if len(fields) != len(lines):
        raise ImageError(f"{name}: a quoted field goes over several lines; {_CURE}")
    rows = [(number, each) for (number, _), each in zip(lines, fields, strict=True)]
    if not named:
        return Table(None, rows)
    header = [field.strip().casefold() for field in rows[0][1]]
    if len(rows) == 1:
        raise ImageError(f"{name}: columns {_shown(header)} and no points; {_CURE}")
    return Table(header, rows[1:])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _shown(header: Sequence[str]) -> str:
    return folded(", ".join(header))[:120]


def columns_of(header: Sequence[str], wanted: Sequence[str], name: str) -> dict[str, int]:
    """Find columns by their names.

    Parameters
    ----------
    header : sequence of str
    wanted : sequence of str
        Of ``image``, ``row``, ``column``; a column of labels is found if there is one.
    name : str

    Raises
    ------
    ImageError
        If one is missing, or there twice, or there is a third axis. Says what columns there are.
    """
    found: dict[str, int] = {}
    for what in (*wanted, "label"):
        places = [place for place, title in enumerate(header) if title in _NAMES[what]]
        if len(places) > 1:
            raise ImageError(
                f"{name}: columns {_shown(header)}, of which {len(places)} may be the {what}; "
                "leave one of them out"
            )
        if places:
            found[what] = places[0]
        elif what != "label":
            raise ImageError(
                f"{name}: columns {_shown(header)}, none of them {' or '.join(_NAMES[what])}; "
                f"name them {','.join(wanted)},label"
            )
    if "axis-2" in header:
        raise ImageError(
            f"{name}: columns {_shown(header)}; points of an image have two axes, save those of a "
            "layer of two"
        )
    return found


def parse_points(table: Table, name: str) -> tuple[NDArray[np.int64], str]:
    """Take the points out of a table.

    Parameters
    ----------
    table : Table
        Without header of row, column and label. napari's points, of axes, are rounded to the pixel
        that they lie in, whose middle has whole numbers there; others are whole numbers.
    name : str

    Returns
    -------
    points : ndarray of int64, shape (K, 3)
        Row, column and label; the label is 1 where there is no such column, and 0 for ground.
    told : str
        What was made of names of labels.

    Raises
    ------
    ImageError
        If columns are missing, or a line is not of this kind.
    """
    if table.header is None:
        found = {"row": 0, "column": 1, "label": 2}
        width = 3
    else:
        found = columns_of(table.header, ("row", "column"), name)
        width = len(table.header)
    rounded = table.header is not None and all(
        table.header[found[what]] in _OF_NAPARI for what in ("row", "column")
    )
    for line, fields in table.rows:
        if len(fields) != width:
            raise ImageError(f"{name}: {len(fields)} fields in line {line}, not {width}; {_CURE}")
    points = np.ones((len(table.rows), 3), np.int64)
    for place, what in enumerate(("row", "column")):
        points[:, place] = _whole(table, found[what], name, rounded)
    told = ""
    if table.header is None:
        points[:, 2] = _whole(table, found["label"], name, False)
    elif "label" in found:
        points[:, 2], told = number_names([each[found["label"]] for _, each in table.rows], name)
    return points, told


def _whole(table: Table, column: int, name: str, rounded: bool) -> NDArray[np.float64]:
    """Read a column of whole numbers."""
    texts = [fields[column] for _, fields in table.rows]
    try:
        values = np.array(texts, np.float64)
    except ValueError:
        values = np.array([float(text) if _is_number(text) else np.nan for text in texts])
    nearest = np.floor(values + 0.5)
    for wrong, why in (
        (~np.isfinite(values), "no number; " + _CURE),
        ((values != nearest) & (not rounded), "a fraction; write whole numbers, from 0"),
        (np.abs(nearest) >= _FARTHEST, "in no image; write rows and columns from 0"),
    ):
        if wrong.any():
            line, fields = table.rows[int(wrong.argmax())]
            raise ImageError(f"{name}: {folded(fields[column])[:40]!r} in line {line} is {why}")
    return nearest
