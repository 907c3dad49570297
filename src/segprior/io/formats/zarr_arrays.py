"""Zarr arrays in and out, by windows; the largest resolution of OME-Zarr groups."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError, OutputError
from segprior.io.files.atomic import folder_atomically
from segprior.io.files.budget import check_values
from segprior.io.files.pixels import Alpha
from segprior.io.files.source import one_line
from segprior.io.format import Format, Reading, Target
from segprior.io.shared.rows import regrouped
from segprior.io.shared.zarr_store import guarded
from segprior.messages import Setting
from segprior.runtime.extras import need

__all__ = ["FORMAT", "ZarrReader", "is_zarr", "write_zarr"]

_CHUNK = 1024


def is_zarr(source: object) -> bool:
    """Whether a path is the folder of a Zarr array or group."""
    if not isinstance(source, str | os.PathLike):
        return False
    path = Path(os.fsdecode(source))
    try:
        return any((path / name).is_file() for name in ("zarr.json", ".zarray", ".zgroup"))
    except (OSError, ValueError):  # of a name that cannot be one
        return False


class ZarrReader:
    """A Zarr array of shape (H, W) or (H, W, C), or one with named axes; see `Reader`.

    Parameters
    ----------
    path : str or path-like
        A folder.
    channel_axis : int or None
        Axis of the channels, where the axes have no names.
    page : int, optional
        Index along the axes other than rows, columns and channels, where one of them is longer
        than 1.
    max_bytes : int, optional
        What a chunk, and a window, may take.
    """

    alpha: Alpha = "none"
    depth: int | None = None

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        channel_axis: int | None = -1,
        page: int | None = None,
        max_bytes: int | None = None,
    ) -> None:
        zarr = need("zarr", "zarr")
        self.name, self._budget = os.fspath(path), max_bytes
        try:
            opened = zarr.open(guarded(self.name, max_bytes), mode="r")
            self._array, axes = _largest(opened, self.name)
        except ImageError:
            raise
        except Exception as error:
            raise ImageError(f"{self.name}: broken Zarr ({one_line(error)})") from error
        axes = axes or _named(self._array)
        if not axes:
            axes = _assumed(self._array.shape, channel_axis, self.name)
        self._axes, self._page = axes, page or 0
        sizes = dict(zip(axes, self._array.shape, strict=True))
        others = {axis: n for axis, n in sizes.items() if axis not in "yxc" and n > 1}
        if "y" not in sizes or "x" not in sizes or len(others) > 1:
            raise ImageError(f"{self.name}: axes {axes!r}, not one picture; save one plane of it")
        self._other = next(iter(others), "")
        if self._page >= (count := others.get(self._other, 1)):
            raise ImageError(
                f"{self.name} has {count} pages, got ", Setting("page", page), cure="count from 0"
            )
        self.shape = (sizes["y"], sizes["x"], sizes.get("c", 1))
        self.dtype = np.dtype(self._array.dtype)
        self.stored_axis = [axis for axis in axes if axis in "yxc"].index("c") if "c" in axes else 2

    def read(self, rows: slice, columns: slice) -> NDArray[Any]:
        """See `Reader`."""
        places: dict[str, slice | int] = {"y": rows, "x": columns, "c": slice(None)}
        window = (rows.stop - rows.start, columns.stop - columns.start, self.shape[2])
        check_values(window, self.dtype.itemsize, self._budget, self.name)
        where = [places.get(axis, self._page if axis == self._other else 0) for axis in self._axes]
        try:
            values = np.asarray(self._array[tuple(where)])
        except ImageError:
            raise
        except Exception as error:
            raise ImageError(f"{self.name}: broken Zarr ({one_line(error)})") from error
        left = [axis for axis in self._axes if axis in "yxc"]
        if "c" not in left:
            values, left = values[..., np.newaxis], [*left, "c"]
        return values.transpose([left.index(axis) for axis in "yxc"])

    def close(self) -> None:
        """See `Reader`."""


def _largest(opened: Any, name: str) -> tuple[Any, str]:
    """The array to read, and its axes, a letter each, if they have names."""
    if hasattr(opened, "shape"):
        return opened, ""
    attributes = dict(opened.attrs)
    scales = attributes.get("ome", attributes).get("multiscales")
    if not scales:
        raise ImageError(f"{name}: a Zarr group without an image; name an array in it")
    axes = [axis if isinstance(axis, str) else axis["name"] for axis in scales[0].get("axes", ())]
    place = scales[0]["datasets"][0]["path"]
    array = opened[place]
    if not hasattr(array, "shape"):
        raise ImageError(f"{name}: its image {place!r} is no array; save it again")
    return array, "".join(axis[0] for axis in axes)


_NAMES = {
    "y": ("y", "row", "rows", "lat", "latitude", "height"),
    "x": ("x", "col", "cols", "column", "columns", "lon", "longitude", "width"),
    "c": ("c", "channel", "channels", "band", "bands", "sample", "samples"),
}


def _named(array: Any) -> str:
    """The axes of an array by the names that it has for them, if rows and columns are among them.

    Format 3 has them in its description, and xarray puts them into the attributes of format 2.
    """
    names = getattr(array.metadata, "dimension_names", None)
    names = names or array.attrs.get("_ARRAY_DIMENSIONS") or ()
    found = []
    for at, name in enumerate(names):
        plain = str(name).lower()
        letter = next((one for one, known in _NAMES.items() if plain in known), "")
        found.append(letter or "tzabdefg"[at % 8])
    axes = "".join(found)
    return axes if len(axes) == array.ndim and {"y", "x"} <= set(axes) else ""


def _assumed(shape: tuple[int, ...], channel_axis: int | None, name: str) -> str:
    if len(shape) == 2:
        return "yx"
    if len(shape) != 3 or channel_axis is None:
        raise ImageError(
            f"{name}: shape {shape}",
            cure=("save (H, W), or (H, W, C) with a ", Setting("channel_axis")),
        )
    return "".join(np.insert(["y", "x"], channel_axis % 3, "c").tolist())


def write_zarr(
    path: str | os.PathLike[str],
    bands: Iterable[NDArray[Any]],
    shape: tuple[int, int],
    dtype: Any,
) -> None:
    """Write bands of rows, top to bottom, as a Zarr array of format 2, whole or not at all.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    ConfigError
        If zarr is not installed.
    """
    zarr = need("zarr", "zarr")
    given = Path(path)
    if given.is_dir() and any(given.iterdir()) and not is_zarr(given):
        raise OutputError(f"cannot write {given}: a folder of other files; choose another name")
    with folder_atomically(path) as folder:
        array = zarr.create_array(
            store=str(folder),
            shape=shape,
            chunks=tuple(min(_CHUNK, side) for side in shape),
            dtype=np.dtype(dtype),
            zarr_format=2,
        )
        top = 0
        # Written in a thread, which Ctrl-C does not reach: what zarr has begun is waited for, and
        # makes no files any more when the folder is removed.
        with ThreadPoolExecutor(1) as pool:
            for band in regrouped(bands, _CHUNK, shape, dtype):
                rows = slice(top, top + len(band))
                pool.submit(array.__setitem__, rows, band).result()
                top = rows.stop


def _open(path: str | os.PathLike[str], reading: Reading) -> ZarrReader:
    return ZarrReader(
        path, channel_axis=reading.channel_axis, page=reading.page, max_bytes=reading.max_bytes
    )  # fmt: skip


def _bands(bands: Iterable[NDArray[Any]], target: Target) -> None:
    write_zarr(target.path, bands, target.shape, target.dtype)


FORMAT = Format(
    name="zarr",
    title="Zarr",
    suffixes=(".zarr",),
    recognises_folder=is_zarr,
    open_windows=_open,
    write_bands=_bands,
    largest=2**64 - 1,
    needs=("zarr", "zarr"),
)
