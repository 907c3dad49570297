"""Zarr arrays in and out, by windows; the largest resolution of OME-Zarr groups."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError, OutputError
from segprior.io.files.atomic import folder_atomically
from segprior.io.files.axes import check_axes, check_last, unnamed
from segprior.io.files.budget import check_values
from segprior.io.files.pixels import Alpha, check_page
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
    axes : str, optional
        A letter for each axis, instead of the names that they have.
    page : int, optional
        Index along the axes other than rows, columns and channels together, the last of which
        varies fastest.
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
        axes: str | None = None,
        page: int | None = None,
        max_bytes: int | None = None,
    ) -> None:
        zarr = need("zarr", "zarr")
        self.name, self._budget = os.fspath(path), max_bytes
        try:
            opened = zarr.open(guarded(self.name, max_bytes), mode="r")
            self._array, named = _largest(opened, self.name)
        except ImageError:
            raise
        except Exception as error:
            raise ImageError(f"{self.name}: broken Zarr ({one_line(error)})") from error
        if axes is not None:
            letters = check_axes(axes, self._array.shape, self.name).lower()
            named = letters if "c" in letters else letters.replace("s", "c")
        named = named or _named(self._array)
        if not named:
            named = _assumed(self._array.shape, channel_axis, self.name)
        self._axes = named
        sizes = dict(zip(named, self._array.shape, strict=False))
        if not {"y", "x"} <= set(named) or len(sizes) != self._array.ndim:
            raise ImageError(
                f"{self.name}: axes {named!r}, shape {self._array.shape}, are not those of "
                "pictures",
                cure=("name them, such as ", Setting("axes", "TZCYX"[-self._array.ndim :])),
            )
        others = {axis: n for axis, n in sizes.items() if axis not in "yxc"}
        self.outer = tuple((axis.upper(), n) for axis, n in others.items() if n > 1)
        count = math.prod(others.values())
        check_page(page, count, self.name)
        place = np.unravel_index(page or 0, tuple(others.values())) if count else ()
        self._place = dict(zip(others, map(int, place), strict=False))
        self.nodata = _fill_value(self._array)
        self.shape = (sizes["y"], sizes["x"], sizes.get("c", 1))
        self.dtype = np.dtype(self._array.dtype)
        inner = [axis for axis in named if axis in "yxc"]
        self.stored_axis = inner.index("c") if "c" in inner else 2

    def read(self, rows: slice, columns: slice) -> NDArray[Any]:
        """See `Reader`."""
        places: dict[str, slice | int] = {"y": rows, "x": columns, "c": slice(None)}
        window = (rows.stop - rows.start, columns.stop - columns.start, self.shape[2])
        check_values(window, self.dtype.itemsize, self._budget, self.name)
        places |= self._place
        where = [places[axis] for axis in self._axes]
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


def _fill_value(array: Any) -> float | None:
    """What xarray, and others that keep to CF, mark pixels without data by."""
    for name in ("_FillValue", "missing_value"):
        value = array.attrs.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
    return None


def _assumed(shape: tuple[int, ...], channel_axis: int | None, name: str) -> str:
    if len(shape) == 2:
        return "yx"
    if len(shape) != 3:
        raise unnamed(shape, name)
    if channel_axis is None:
        raise ImageError(
            f"{name}: shape {shape}",
            cure=("save (H, W), or (H, W, C) with a ", Setting("channel_axis")),
        )
    check_last(shape, channel_axis, name, 0)
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
        path, channel_axis=reading.channel_axis, axes=reading.axes, page=reading.page,
        max_bytes=reading.max_bytes,
    )  # fmt: skip


def _bands(bands: Iterable[NDArray[Any]], target: Target) -> None:
    if not target.axes:
        write_zarr(target.path, bands, target.shape, target.dtype)
        return
    (labels,) = bands
    zarr = need("zarr", "zarr")
    sides = labels.ndim - 2
    with folder_atomically(target.path) as folder:
        array = zarr.create_array(
            store=str(folder),
            shape=labels.shape,
            chunks=(*(1 for _ in range(sides)), *(min(_CHUNK, n) for n in target.shape)),
            dtype=np.dtype(target.dtype),
            zarr_format=2,
            attributes={"_ARRAY_DIMENSIONS": [*target.axes.lower(), "y", "x"]},
        )
        with ThreadPoolExecutor(1) as pool:  # as in `write_zarr`
            pool.submit(array.__setitem__, ..., labels).result()


FORMAT = Format(
    name="zarr",
    title="Zarr",
    suffixes=(".zarr",),
    named_axes=True,
    stacks=True,
    recognises_folder=is_zarr,
    open_windows=_open,
    write_bands=_bands,
    largest=2**64 - 1,
    needs=("zarr", "zarr"),
)
