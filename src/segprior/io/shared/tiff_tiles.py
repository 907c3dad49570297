"""TIFF in compressed tiles, from bands of rows that are never whole in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.io.files.atomic import open_atomically
from segprior.io.format import Target
from segprior.io.shared.rows import regrouped
from segprior.io.shared.tiff_pages import GDAL_NODATA

__all__ = ["write_tiles"]

_TILE = 512


def write_tiles(
    bands: Iterable[NDArray[Any]],
    target: Target,
    *,
    ome: bool = False,
    tags: Sequence[tuple[Any, ...]] = (),
) -> None:
    """Write a mask, as 0 and 255, or label map; a BigTIFF where a plain one may be too small.

    Parameters
    ----------
    bands : iterable of ndarray of int, shape (any, W)
        The labels, top to bottom.
    target : Target
        Where they go.
    ome : bool
        Describe it as OME-TIFF does.
    tags : sequence of tuple
        More tags, as tifffile takes them.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    import tifffile

    path, shape, dtype = target.path, target.shape, target.dtype
    if target.nodata and not ome:
        tags = [*tags, (GDAL_NODATA, 2, 0, "0", True)]
    white = dtype(255 if target.mask else 1)
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
    import uuid

    # The content, not known yet, would tell files apart better; the name and size are the same
    # for the same command, so that it writes the same bytes.
    name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"segprior {path.name} {shape}"))
    return {"axes": "YX", "UUID": name, "Creator": "segprior"}


def _tiles(
    bands: Iterable[NDArray[Any]], shape: tuple[int, int], dtype: Any
) -> Iterator[NDArray[Any]]:
    """Cut bands of any height into tiles, in the order in which a TIFF has them."""
    for band in regrouped(bands, _TILE, shape, dtype):
        for left in range(0, shape[1], _TILE):
            part = band[:, left : left + _TILE]
            tile = np.zeros((_TILE, _TILE), dtype)
            tile[: len(part), : part.shape[1]] = part
            yield tile
