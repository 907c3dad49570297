"""The regions of a label map as a table: size, place and colour of each."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import OutputError
from segprior.io.files.atomic import write_atomically

__all__ = ["encode_table", "region_table", "save_table", "thing_table"]

# Of scikit-image's regionprops, in the order of the columns.
_PROPERTIES = (
    "label", "area", "bbox", "centroid", "axis_major_length", "axis_minor_length", "eccentricity",
    "solidity", "perimeter",
)  # fmt: skip


def region_table(
    labels: NDArray[Any], image: NDArray[np.float32] | None = None
) -> dict[str, NDArray[Any]]:
    """Measure the region of each label but 0.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        Labels from 0.
    image : ndarray of float32, shape (H, W, C), optional
        In [0, 1], for the mean colours.

    Returns
    -------
    dict of str to ndarray of shape (n,)
        The columns of :meth:`segprior.result.Segmentation.table`.
    """
    labels = np.asarray(labels)
    columns = labels.shape[1]
    flat = labels.ravel()
    # Stretches within a row, of which there are far fewer than pixels.
    fresh = np.ones(labels.shape, bool)
    fresh[:, 1:] = labels[:, 1:] != labels[:, :-1]
    starts = np.flatnonzero(fresh)
    stops = np.append(starts[1:], flat.size)
    kept = flat[starts] != 0
    starts, stops = starts[kept], stops[kept]
    found, region = np.unique(flat[starts], return_inverse=True)
    order = np.argsort(region, kind="stable")
    begins = np.searchsorted(region[order], np.arange(len(found)))
    row, first = np.divmod(starts, columns)
    length = stops - starts
    last = first + length

    def each(reduce: np.ufunc, values: NDArray[np.int64]) -> NDArray[np.int64]:
        result: NDArray[np.int64] = reduce.reduceat(values[order], begins)
        return result

    if not len(found):
        nothing = np.zeros(0, np.int64)
        area = top = left = bottom = right = row_sum = column_sum = nothing
    else:
        area = each(np.add, length)
        top, bottom = each(np.minimum, row), each(np.maximum, row) + 1
        left, right = each(np.minimum, first), each(np.maximum, last)
        row_sum = each(np.add, row * length)
        column_sum = each(np.add, (first + last - 1) * length)  # twice, to stay whole
    table: dict[str, NDArray[Any]] = {
        "label": found.astype(np.int64),
        "area": area,
        "row_start": top,
        "column_start": left,
        "row_stop": bottom,
        "column_stop": right,
        "centroid_row": row_sum / area,
        "centroid_column": column_sum / (2 * area),
    }
    if image is not None:
        number = np.zeros(flat.size, np.int32)
        number[np.flatnonzero(flat)] = 1 + np.repeat(region, length)
        for channel in range(image.shape[2]):
            sums = np.bincount(number, image[..., channel].ravel(), minlength=len(found) + 1)
            table[f"mean_{channel}"] = sums[1:] / area
    return table


def thing_table(
    labels: NDArray[Any], image: NDArray[np.float32] | None = None
) -> dict[str, NDArray[Any]]:
    """Measure things one by one, in the words of scikit-image.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        Labels from 0, which is no thing.
    image : ndarray of float32, shape (H, W, C), optional
        In [0, 1], for the mean intensities.

    Returns
    -------
    dict of str to ndarray of shape (n,)
        One row per label in rising order, the columns of
        :func:`skimage.measure.regionprops_table`: ``label``; ``area`` in pixels; ``bbox-0`` to
        ``bbox-3``, first row and column, last row and column plus one; ``centroid-0`` and ``-1``,
        row and column; ``axis_major_length``, ``axis_minor_length`` and ``eccentricity`` of the
        ellipse of the same second moments; ``solidity``, the area over that of the convex hull;
        ``perimeter`` in pixels; and with an image ``intensity_mean-0``, ``-1``, …, of each channel.
    """
    import warnings

    from skimage.measure import regionprops_table

    names = (*_PROPERTIES, "intensity_mean") if image is not None else _PROPERTIES
    with warnings.catch_warnings():
        # Of a thing of a few pixels in a row there is no convex hull; its area stands in for it.
        warnings.simplefilter("ignore", UserWarning)
        found: dict[str, NDArray[Any]] = regionprops_table(
            np.asarray(labels).astype(np.int64), image, properties=names
        )
    return found


def encode_table(table: Mapping[str, NDArray[Any]]) -> bytes:
    """Return a table of equally long columns as CSV, UTF-8, with a line of their names."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table)
    shown = [
        [f"{value:.6g}" if column.dtype.kind == "f" else value for value in column.tolist()]
        for column in table.values()
    ]
    writer.writerows(zip(*shown, strict=True))
    return stream.getvalue().encode()


def save_table(path: str | os.PathLike[str], table: Mapping[str, NDArray[Any]]) -> Path:
    """Write a table as CSV; see :meth:`segprior.result.Segmentation.save_table`."""
    path = Path(path)
    if path.suffix.lower() != ".csv":
        raise OutputError(f"cannot save a table as {path.suffix!r}; use .csv")
    return write_atomically(path, encode_table(table))
