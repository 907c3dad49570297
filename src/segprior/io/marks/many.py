"""Points in many images, in one table."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.files.source import open_source
from segprior.io.marks.names import number_names
from segprior.io.marks.points import Table, columns_of, parse_points, read_table
from segprior.io.marks.reader import tell

__all__ = ["read_marks_of_many"]

_CURE = "write image,row,column,label in the first line, and one point on each other"


def read_marks_of_many(
    source: str | os.PathLike[str] | bytes | BinaryIO,
) -> dict[str, NDArray[np.int64]]:
    """Read a table of points in several images.

    Parameters
    ----------
    source : str, path-like, bytes or binary file object
        Text with a first line ``image,row,column,label``; the label may be left out, and the
        columns may have any order. Images are named as from their folder, with ``/``.

    Returns
    -------
    dict of str to ndarray of int64, shape (K, 3)
        By name of the image, as it first appears: row, column and label, 0 for ground. For
        :func:`segprior.io.marks.reader.read_marks`, which knows the size of the image.

    Raises
    ------
    ImageError
        If it cannot be read, columns are missing, or a line is not of this kind.

    Warns
    -----
    InputWarning
        If labels have names; says their numbers, which are the same for all images.
    """
    with open_source(source) as (stream, name):
        table = read_table(stream, name)
    if table.header is None:
        raise ImageError(f"{name}: its first line holds numbers; {_CURE}")
    at = columns_of(table.header, ("image", "row", "column"), name)
    if any(len(fields) <= max(at.values()) for _, fields in table.rows):
        line, fields = next(one for one in table.rows if len(one[1]) <= max(at.values()))
        raise ImageError(f"{name}: {len(fields)} fields in line {line}; {_CURE}")
    if "label" in at:
        numbers, told = number_names([fields[at["label"]] for _, fields in table.rows], name)
    else:
        numbers, told = [1] * len(table.rows), ""
    plain = Table(["row", "column", "label"], [
        (line, [fields[at["row"]], fields[at["column"]], str(number)])
        for (line, fields), number in zip(table.rows, numbers, strict=True)
    ])  # fmt: skip
    points, _ = parse_points(plain, name)
    images: dict[str, list[int]] = {}
    for place, (line, fields) in enumerate(table.rows):
        image = fields[at["image"]].strip()
        if not image:
            raise ImageError(f"{name}: no image in line {line}; {_CURE}")
        images.setdefault(str(PurePosixPath(image)), []).append(place)
    tell(name, told)
    return {image: points[places] for image, places in images.items()}
