"""NumPy's files: ``.npy`` with one array, ``.npz`` with several and JSON; never pickle."""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from segprior.errors import ImageError, OutputError
from segprior.io.files.atomic import open_atomically
from segprior.io.files.pixels import Pixels, check_page, check_pixels
from segprior.io.files.source import one_line, open_source
from segprior.io.format import Format, Reading

__all__ = ["FORMAT", "encode_npy", "load_npz", "read_npy", "save_npz"]

_META = "meta.json"


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
        If it is pickled or truncated, not shaped like a picture, or has too many pixels or not
        that page.
    """
    check_page(reading.page, 1, name)
    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ImageError(f"{name}: .npy of version {version[0]}; save it with numpy.save")
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read_header(stream)
    if dtype.hasobject:
        raise ImageError(
            f"{name}: pickled Python objects, which are never loaded; save numbers instead"
        )
    if len(shape) in (2, 3):
        sides = list(shape)
        if len(shape) == 3 and reading.channel_axis is not None:
            del sides[reading.channel_axis]
        check_pixels(sides[0], math.prod(sides[1:]), reading.max_pixels, name)
    elif len(shape) > 3:
        raise ImageError(f"{name}: {len(shape)} axes, shape {shape}; pass 2 or 3 of them")
    begin = stream.tell()
    held, needed = stream.seek(0, os.SEEK_END) - begin, math.prod(shape) * dtype.itemsize
    if held < needed:
        raise ImageError(
            f"{name}: truncated, {held} of {needed} bytes are there; save or copy it again"
        )
    stream.seek(0)
    return Pixels(values=np.load(stream, allow_pickle=False), name=name)


def save_npz(
    path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]
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
            with archive.open(_entry(f"{key}.npy"), "w", force_zip64=True) as member:
                npy.write_array(member, np.asarray(array), allow_pickle=False)
        archive.writestr(_entry(_META), text)
    return path


def _entry(name: str) -> zipfile.ZipInfo:
    # A fixed date, the earliest a zip file can hold, keeps the bytes the same every time.
    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))


def load_npz(source: object) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what :func:`save_npz` wrote.

    Parameters
    ----------
    source : str, path-like, bytes or binary file object
        The file.

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
                if _META not in archive.namelist():
                    raise ImageError(f"{name}: not saved by segprior; pass one that is")
                meta = json.loads(archive.read(_META))
                arrays = {}
                for key in archive.namelist():
                    if key.endswith(".npy"):
                        with archive.open(key) as member:
                            arrays[key.removesuffix(".npy")] = npy.read_array(
                                member, allow_pickle=False
                            )
        except ImageError:
            raise
        # A broken archive shows itself as an exception of zipfile, zlib, json, NumPy or struct.
        except Exception as error:
            raise ImageError(
                f"{name}: cannot be read as .npz ({one_line(error)}); save or copy it again"
            ) from error
    if not isinstance(meta, dict):
        raise ImageError(f"{name}: not saved by segprior; pass one that is")
    return arrays, meta


FORMAT = Format(
    name="npy",
    suffixes=(".npy",),
    rank=7,
    recognises=lambda head: head.startswith(b"\x93NUMPY"),
    read=read_npy,
    encode_picture=lambda picture, suffix: encode_npy(picture),
    encode_labels=lambda labels, target: encode_npy(labels),
)
