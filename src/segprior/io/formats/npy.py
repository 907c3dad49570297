"""NumPy's files: ``.npy`` with one array, ``.npz`` with several and JSON; never pickle."""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from segprior.errors import ImageError, OutputError
from segprior.io.files.atomic import open_atomically
from segprior.io.files.axes import check_axes, unnamed
from segprior.io.files.budget import check_bytes, check_values
from segprior.io.files.pixels import Pixels, check_page, check_pixels
from segprior.io.files.source import one_line, open_source
from segprior.io.format import Format, Reading

__all__ = [
    "FORMAT", "Header", "check_format", "encode_npy", "load_npz", "read_npy", "save_npz",
]  # fmt: skip

_META = "meta.json"
_LONGEST_META = 2**20
# What NumPy itself takes for safe; it would read a longer one, of up to 4 GB, before it says no.
_LONGEST_HEADER = 10_000


class Header(NamedTuple):
    """What a file says of one of its arrays.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def encode_npy(array: NDArray[Any]) -> bytes:
    """Return the bytes of a ``.npy`` file."""
    stream = io.BytesIO()
    npy.write_array(stream, np.asarray(array), allow_pickle=False)
    return stream.getvalue()


def read_npy(stream: BinaryIO, name: str, reading: Reading) -> Pixels:
    """Read the one array of a ``.npy`` file, after a look at its header.

    Raises
    ------
    ImageError
        If it is pickled or truncated, not shaped like a picture, has too many pixels or not
        that page, or takes too many bytes.
    """
    shape, dtype = _header(stream, name)
    if reading.axes is not None:
        check_axes(reading.axes, shape, name)
    elif len(shape) in (2, 3):
        check_page(reading.page, 1, name)
        sides = list(shape)
        if len(shape) == 3 and reading.channel_axis is not None:
            del sides[reading.channel_axis]
        check_pixels(sides[0], math.prod(sides[1:]), reading.max_pixels, name)
    elif len(shape) > 3:
        raise unnamed(shape, name)
    begin = stream.tell()
    held, needed = stream.seek(0, os.SEEK_END) - begin, math.prod(shape) * dtype.itemsize
    if held < needed:
        raise ImageError(
            f"{name}: truncated, {held} of {needed} bytes are there; save or copy it again"
        )
    check_values(shape, dtype.itemsize, reading.max_bytes, name)
    stream.seek(0)
    return Pixels(values=np.load(stream, allow_pickle=False), name=name)


def _header(stream: Any, name: str) -> Header:
    """Read the beginning of a ``.npy`` file, and leave the stream where the numbers begin."""
    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ImageError(f"{name}: .npy of version {version[0]}; save it with numpy.save")
    field = stream.read(2 if version == (1, 0) else 4)
    length = int.from_bytes(field, "little")
    if length > _LONGEST_HEADER:
        raise ImageError(f"{name}: a header of {length} bytes; save it again")
    stream.seek(-len(field), os.SEEK_CUR)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read_header(stream)
    if dtype.hasobject:
        raise ImageError(
            f"{name}: pickled Python objects, which are never loaded; save numbers instead"
        )
    if dtype.kind not in "buifcSU" or min(shape, default=0) < 0:
        raise ImageError(f"{name}: values of type {dtype}, shape {shape}; save numbers instead")
    return Header(shape, dtype)


def save_npz(
    path: str | os.PathLike[str],
    arrays: Mapping[str, NDArray[Any]],
    meta: Mapping[str, Any],
    *,
    compress: bool = False,
) -> Path:
    """Write arrays and what describes them into one ``.npz`` file.

    The same content gives the same bytes. The arrays can be read with :func:`numpy.load` too.

    Parameters
    ----------
    path : str or path-like
        Must end in ``.npz``.
    arrays : mapping of str to ndarray
        Numbers, booleans or strings under any names; no Python objects.
    meta : mapping of str to object
        What JSON can hold.
    compress : bool
        Deflate the arrays, which makes label maps small.

    Returns
    -------
    pathlib.Path
        ``path``.

    Raises
    ------
    OutputError
        If the suffix is another one or the file cannot be written.
    ValueError
        If an array holds Python objects, or ``meta`` what JSON cannot hold.
    """
    path = Path(path)
    if path.suffix.lower() != ".npz":
        raise OutputError(f"cannot write {path}: suffix {path.suffix!r}; use .npz")
    text = json.dumps(dict(meta), allow_nan=False)
    with open_atomically(path) as stream, zipfile.ZipFile(stream, "w") as archive:
        for key, array in arrays.items():
            entry = _entry(f"{key}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
            with archive.open(entry, "w", force_zip64=True) as member:
                npy.write_array(member, np.asarray(array), allow_pickle=False)
        archive.writestr(_entry(_META), text)
    return path


def _entry(name: str) -> zipfile.ZipInfo:
    # A fixed date, the earliest a zip file can hold, keeps the bytes the same every time.
    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))


def load_npz(
    source: object,
    check: Callable[[Mapping[str, Header], Mapping[str, Any]], None] | None = None,
    *,
    max_bytes: int | None = None,
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what :func:`save_npz` wrote.

    Parameters
    ----------
    source : str, path-like, bytes or binary file object
        The file.
    check : callable, optional
        Given what the file says of its arrays, and what describes them, before any array is read;
        raises `ImageError` if it should not be.
    max_bytes : int, optional
        What all arrays together may take; a quarter of the memory there is by default.

    Returns
    -------
    arrays : dict of str to ndarray
        All arrays, in the order in which they were saved.
    meta : dict of str to object
        Their description.

    Raises
    ------
    ImageError
        If there is no such file, or it is empty, truncated, of another kind, written by another
        program or holds pickled objects.
    """
    with open_source(source) as (stream, name):
        if stream.read(2) != b"PK":
            raise ImageError(f"{name}: not an .npz file; pass one that segprior saved")
        stream.seek(0)
        try:
            with zipfile.ZipFile(stream) as archive:
                meta = _read_meta(archive, name)
                headers = {
                    key.removesuffix(".npy"): _checked_header(archive, key, name)
                    for key in archive.namelist()
                    if key.endswith(".npy")
                }
                if check is not None:
                    check(headers, meta)
                check_bytes(sum(map(_bytes, headers.values())), max_bytes, name)
                return {key: _read_member(archive, f"{key}.npy") for key in headers}, meta
        except ImageError:
            raise
        # A broken archive shows itself as an exception of zipfile, zlib, json, NumPy or struct.
        except Exception as error:
            raise ImageError(
                f"{name}: cannot be read as .npz ({one_line(error)}); save or copy it again"
            ) from error


def check_format(meta: Mapping[str, Any], wanted: str, name: str, cure: str) -> None:
    """Refuse a file that holds something else, or in a way that is not known here.

    Parameters
    ----------
    meta : mapping of str to object
        As from :func:`load_npz`; what it holds stands under ``format``.
    wanted : str
        Such as ``"segprior prior 1"``; the number is that of the version.
    name, cure : str
        For the message.

    Raises
    ------
    ImageError
        If it is not what is wanted.
    """
    found = str(meta.get("format"))
    kind = wanted.rpartition(" ")[0]
    if found == wanted:
        return
    if found.rpartition(" ")[0] == kind:
        raise ImageError(f"{name}: saved as {found!r}, not {wanted!r}; use a later segprior")
    raise ImageError(f"{name}: not a saved {kind.removeprefix('segprior ')}; {cure}")


def _read_meta(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    if _META in archive.namelist() and archive.getinfo(_META).file_size <= _LONGEST_META:
        meta = json.loads(archive.read(_META))
        if isinstance(meta, dict):
            return meta
    raise ImageError(f"{name}: not saved by segprior; pass one that is")


def _checked_header(archive: zipfile.ZipFile, key: str, name: str) -> Header:
    """Read what a member says of its array, and see that it has as many bytes as that takes."""
    size = archive.getinfo(key).file_size
    with archive.open(key) as member:
        header = _header(member, name)
        held = size - member.tell()
    needed = _bytes(header)
    if held != needed:
        raise ImageError(
            f"{name}: {held} bytes for {key}, which takes {needed}; save or copy it again"
        )
    return header


def _bytes(header: Header) -> int:
    return math.prod(header.shape) * int(header.dtype.itemsize)


def _read_member(archive: zipfile.ZipFile, key: str) -> NDArray[Any]:
    with archive.open(key) as member:
        array: NDArray[Any] = npy.read_array(member, allow_pickle=False)
    return array


FORMAT = Format(
    name="npy",
    suffixes=(".npy",),
    rank=7,
    named_axes=True,
    stacks=True,
    recognises=lambda head: head.startswith(b"\x93NUMPY"),
    read=read_npy,
    encode_picture=lambda picture, suffix: encode_npy(picture),
    encode_labels=lambda labels, target: encode_npy(labels),
)
