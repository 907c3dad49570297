"""Masks and label maps that are never whole in memory: written band by band."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import OutputError
from segprior.io.export import choose_format, save_segmentation
from segprior.io.files.atomic import open_atomically
from segprior.io.formats.zarr_arrays import write_zarr
from segprior.io.label_maps import label_type
from segprior.io.shared.geotiff import Tags, georeference
from segprior.runtime.extras import need

__all__ = ["WINDOWED", "check_output", "save_bands"]

WINDOWED = ("ome-tiff", "tiff", "zarr")
"""Formats that are written by bands; all others are put together in memory first."""

_TILE = 512


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
    chosen = choose_format(path, wanted)
    if chosen == "zarr":
        need("zarr", "zarr")
    if chosen not in WINDOWED and max_pixels is not None and shape[0] * shape[1] > max_pixels:
        raise OutputError(
            f"cannot write {shape[0]} x {shape[1]} labels as {chosen}, which is not written in "
            "parts; end the name in .tif or .zarr"
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
) -> Path:
    """Write a mask or label map from bands of rows, whole or not at all.

    The files are those of :func:`segprior.io.export.save_segmentation`, which also tells what
    is returned and raised; but a TIFF is in compressed tiles, and a BigTIFF where it may become too
    large for a plain one.

    Parameters
    ----------
    path, mask, wanted, image
        As for :func:`segprior.io.export.save_segmentation`.
    bands : iterable of ndarray of int, shape (any, W)
        The labels, top to bottom.
    shape : (int, int)
        Rows and columns of all of them together.
    largest : int
        The largest label that there may be.
    """
    path = Path(path)
    chosen = choose_format(path, wanted)
    dtype = label_type(largest, mask=mask)
    if chosen == "zarr":
        write_zarr(path, bands, shape, dtype)
    elif chosen == "ome-tiff":
        _write_tiff(path, bands, shape, dtype, mask, [], ome=True)
    elif chosen == "tiff":
        _write_tiff(path, bands, shape, dtype, mask, georeference(image, shape), ome=False)
    else:
        labels = np.empty(shape, dtype)
        top = 0
        for band in bands:
            labels[top : top + len(band)] = band
            top += len(band)
        save_segmentation(path, labels, mask=mask, wanted=wanted, image=image)
    return path


def _write_tiff(
    path: Path,
    bands: Iterable[NDArray[Any]],
    shape: tuple[int, int],
    dtype: Any,
    mask: bool,
    tags: Tags,
    *,
    ome: bool,
) -> None:
    import tifffile

    white = dtype(255 if mask else 1)
    values = (band.astype(dtype, copy=False) * white for band in bands)
    with open_atomically(path) as stream:
        tifffile.imwrite(
            stream,
            _tiles(values, shape, dtype),
            shape=shape,
            dtype=dtype,
            tile=(_TILE, _TILE),
            photometric="minisblack",
            compression="zlib",
            software="segprior",
            metadata=_ome(path, shape) if ome else None,
            ome=ome,
            extratags=tags,
            maxworkers=1,
        )


def _ome(path: Path, shape: tuple[int, int]) -> dict[str, str]:
    # The content, not known yet, would tell files apart better; the name and size are the same
    # for the same command, so that it writes the same bytes.
    name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"segprior {path.name} {shape}"))
    return {"axes": "YX", "UUID": name, "Creator": "segprior"}


def _tiles(
    bands: Iterable[NDArray[Any]], shape: tuple[int, int], dtype: Any
) -> Iterator[NDArray[Any]]:
    """Cut bands of any height into tiles, in the order in which a TIFF has them."""
    rows, columns = shape
    held = np.zeros((_TILE, -(-columns // _TILE) * _TILE), dtype)
    filled = done = 0
    for band in bands:
        at = 0
        while at < len(band):
            count = min(len(band) - at, _TILE - filled)
            held[filled : filled + count, :columns] = band[at : at + count]
            at, filled, done = at + count, filled + count, done + count
            if filled == _TILE or done == rows:
                held[filled:] = 0
                for left in range(0, held.shape[1], _TILE):
                    yield held[:, left : left + _TILE].copy()
                filled = 0
