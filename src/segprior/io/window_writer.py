"""Masks and label maps that are never whole in memory: written band by band."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import OutputError
from segprior.io.export import choose_format, save_segmentation
from segprior.io.format import Target
from segprior.io.registry import by_name
from segprior.runtime.extras import need

__all__ = ["check_output", "save_bands"]


def check_output(
    path: str | os.PathLike[str],
    shape: tuple[int, int],
    *,
    wanted: str | None = None,
    max_pixels: int | None = None,
) -> None:
    """Refuse, before any work is done, what could not be written at the end.

    Parameters
    ----------
    path, wanted
        As in `save_bands`.
    shape : (int, int)
        Rows and columns.
    max_pixels : int or None
        The largest result to put together in memory.

    Raises
    ------
    ConfigError, OutputError
        If the format is unknown, needs what is not installed, or cannot be written by bands.
    """
    format = by_name(choose_format(path, wanted))
    if format.needs is not None:
        need(*format.needs)
    if format.write_bands is None and max_pixels is not None and shape[0] * shape[1] > max_pixels:
        raise OutputError(
            f"cannot write {shape[0]} x {shape[1]} labels as {format.name}, which is not written "
            "in parts; end the name in .tif or .zarr"
        )


def save_bands(
    path: str | os.PathLike[str],
    bands: Iterable[NDArray[Any]],
    shape: tuple[int, int],
    *,
    mask: bool,
    largest: int,
    wanted: str | None = None,
    image: str | os.PathLike[str] | None = None,
    nodata: bool = False,
) -> Path:
    """Write a mask or label map from bands of rows, whole or not at all.

    The files are those of :func:`segprior.io.export.save_segmentation`, which also tells what
    is returned and raised; but a TIFF is in compressed tiles, and a BigTIFF where it may become too
    large for a plain one.

    Parameters
    ----------
    path, mask, wanted, image, nodata
        As for :func:`segprior.io.export.save_segmentation`.
    bands : iterable of ndarray of int, shape (any, W)
        The labels, top to bottom.
    shape : (int, int)
        Rows and columns of all of them together.
    largest : int
        The largest label that there may be.
    """
    path = Path(path)
    format = by_name(choose_format(path, wanted))
    target = Target(path=path, shape=shape, mask=mask, largest=largest, image=image, nodata=nodata)
    if format.write_bands is not None:
        format.write_bands(bands, target)
        return path
    labels = np.empty(shape, target.dtype)
    top = 0
    for band in bands:
        labels[top : top + len(band)] = band
        top += len(band)
    return save_segmentation(path, labels, mask=mask, wanted=wanted, image=image, nodata=nodata)
