"""A folder of Zarr files as zarr may see it: links and what unfolds too far are kept out."""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from segprior.errors import ImageError
from segprior.io.files.budget import check_bytes
from segprior.io.shared.zarr_codecs import BOUNDED, COMPRESSORS, FILTERS, refuse_codec, register
from segprior.runtime.extras import need

__all__ = ["guarded", "vetted"]

_DOCUMENTS = ("zarr.json", ".zarray", ".zgroup", ".zattrs", ".zmetadata")
_LARGEST_DOCUMENT = 1 << 24
# Chunks may be larger than their array, but not by as much as would make them a trap.
_LARGEST_CHUNK = 1 << 22
# So many chunks of so few values take minutes to go through.
_MANY, _SMALL = 200_000, 4096
_TYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
          "float16", "float32", "float64")  # fmt: skip


def guarded(path: str | os.PathLike[str], max_bytes: int | None) -> Any:
    """Return a store of a folder, to read only.

    Parameters
    ----------
    path : str or path-like
        The folder.
    max_bytes : int or None
        What one chunk may take, as for :func:`segprior.io.files.budget.budget`.

    Returns
    -------
    zarr.storage.LocalStore
        It raises ImageError for files that lie elsewhere, are no plain files, or are larger than
        they may be, and hands on descriptions of arrays as `vetted` gives them.
    """
    register()
    return _store_class()(Path(os.fsdecode(path)), max_bytes)


@cache
def _store_class() -> Any:
    base = need("zarr.storage", "zarr").LocalStore

    class Guarded(base):  # type: ignore[misc, valid-type]
        def __init__(
            self, root: Path, max_bytes: int | None = None, *, read_only: bool = True
        ) -> None:
            super().__init__(root, read_only=True)
            self._max_bytes = max_bytes
            self._real = os.path.realpath(root)
            self._known: set[str] = set()
            self._limits: dict[str, int] = {}

        def with_read_only(self, read_only: bool = False) -> Any:
            return self

        def _look(self, key: str) -> bool:
            """Whether there is something of that name, and it may be read."""
            folder, _, last = str(self.root / key).rpartition(os.sep)
            if folder not in self._known:
                real = os.path.realpath(folder)
                if os.path.commonpath([real, self._real]) != self._real:
                    raise ImageError(f"{self.root}: {key} lies outside the folder; copy it into it")
                self._known.add(folder)
            try:
                found = os.lstat(self.root / key)
            except (OSError, ValueError):
                return False
            if stat.S_ISDIR(found.st_mode):
                return False
            if not stat.S_ISREG(found.st_mode):
                raise ImageError(
                    f"{self.root}: {key} is a link or no file; copy what it stands for"
                )
            fitting = (at for at in self._limits if not at or key.startswith(f"{at}/"))
            limit = self._limits.get(max(fitting, key=len, default=""), _LARGEST_DOCUMENT)
            if found.st_size > (_LARGEST_DOCUMENT if last in _DOCUMENTS else limit):
                raise ImageError(
                    f"{self.root}: {key} has {found.st_size} bytes, more than it may have"
                )
            return True

        def _handed(self, key: str, buffer: Any) -> Any:
            place, _, last = key.rpartition("/")
            if buffer is None or last not in _DOCUMENTS:
                return buffer
            if last == ".zmetadata":
                return None  # the descriptions themselves are read, one by one
            content = json.loads(buffer.to_bytes())
            if last == ".zarray" or content.get("node_type") == "array":
                content, limit = vetted(content, str(self.root), self._max_bytes)
                self._limits[place] = 2 * limit + (1 << 20)
            if isinstance(content, dict):
                content.pop("consolidated_metadata", None)
            return type(buffer).from_bytes(json.dumps(content).encode())

        async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Any:
            # A thread that finds nothing would complain of it when another has ended the reading.
            if not self._look(key):
                return None
            return self._handed(key, await super().get(key, prototype, byte_range))

        def get_sync(self, key: str, **options: Any) -> Any:
            if not self._look(key):
                return None
            return self._handed(key, super().get_sync(key, **options))

    return Guarded


def vetted(
    about: Mapping[str, Any], name: str, max_bytes: int | None = None
) -> tuple[dict[str, Any], int]:
    """Check the description of an array, and put the codec of ours in place of compressions.

    Parameters
    ----------
    about : mapping
        What ``.zarray`` of format 2 or ``zarr.json`` of format 3 says.
    name : str
        For messages.
    max_bytes : int or None
        What one chunk may take.

    Returns
    -------
    about : dict
        Of the same array.
    size : int
        Bytes of a chunk.

    Raises
    ------
    ImageError
        If values are no numbers, a chunk is too large or chunks are too many, or of a codec that
        is not undone.

    References
    ----------
    zarr-specs.readthedocs.io, version 2, and version 3.1 with its codecs.
    """
    found = dict(about)
    try:
        if found.get("zarr_format") == 2:
            used = [
                one["id"] for one in (*(found.get("filters") or ()), found["compressor"]) if one
            ]
            _refuse_unknown(used, name)
        if found.get("zarr_format") == 2:
            dtype, chunks = np.dtype(found["dtype"]), found["chunks"]
        else:
            _refuse_unknown(found["codecs"], name)
            kind = found["data_type"]
            if kind not in _TYPES:
                raise ImageError(f"{name}: values of type {kind}; save numbers instead")
            dtype, chunks = np.dtype(kind), found["chunk_grid"]["configuration"]["chunk_shape"]
        size = _chunk_bytes(found["shape"], chunks, dtype, name, max_bytes)
        if found["zarr_format"] == 2:
            _vet_2(found, dtype, size, name)
        else:
            found["codecs"] = _vet_3(found["codecs"], chunks, dtype, found["shape"], name)
    except ImageError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ImageError(f"{name}: broken Zarr ({error!r}); save or copy it again") from error
    return found, size


def _refuse_unknown(codecs: Sequence[Any], name: str) -> None:
    kinds = [codec if isinstance(codec, str) else str(codec["name"]) for codec in codecs]
    for codec, kind in sorted(
        zip(codecs, kinds, strict=True), key=lambda one: "pickle" not in one[1]
    ):
        if kind == "sharding_indexed":
            for part in ("codecs", "index_codecs"):
                _refuse_unknown(codec["configuration"][part], name)
        elif kind.removeprefix("numcodecs.") not in {*FILTERS, *COMPRESSORS}:
            raise refuse_codec(kind, name)


def _chunk_bytes(
    shape: Sequence[int], chunks: Sequence[int], dtype: Any, name: str, max_bytes: int | None
) -> int:
    if dtype.kind not in "buif":
        raise ImageError(f"{name}: values of type {dtype}; save numbers instead")
    if len(shape) != len(chunks) or min((*shape, *chunks), default=0) < 1:
        raise ImageError(f"{name}: shape {tuple(shape)} in chunks of {tuple(chunks)}")
    values = math.prod(chunks)
    size = values * int(dtype.itemsize)
    if values > max(4 * math.prod(shape), _LARGEST_CHUNK):
        raise ImageError(
            f"{name}: chunks of {tuple(chunks)} for an array of {tuple(shape)}; save it again"
        )
    check_bytes(size, max_bytes, f"{name}: one chunk of {tuple(chunks)}")
    count = math.prod(-(-side // part) for side, part in zip(shape, chunks, strict=True))
    if count > _MANY and values < _SMALL:
        raise ImageError(
            f"{name}: {count} chunks of {values} values take too long to read; "
            "save it in larger chunks"
        )
    return size


def _vet_2(found: dict[str, Any], dtype: Any, size: int, name: str) -> None:
    filters = found.get("filters") or []
    factor = 1
    for codec in filters:
        _vet_filter(codec["id"], codec, name)
        factor = 8
    compressor = found.get("compressor")
    if compressor is None or compressor["id"] in FILTERS:
        return
    limit = size if factor == 1 else factor * size // int(dtype.itemsize) + 4096
    found["compressor"] = {"id": BOUNDED, "inner": compressor, "limit": limit}


def _vet_filter(kind: str, config: Mapping[str, Any], name: str) -> None:
    if kind not in FILTERS:
        raise refuse_codec(str(kind), name)
    for key in ("dtype", "astype", "encode_dtype", "decode_dtype"):
        if config.get(key) is not None and np.dtype(config[key]).kind not in "buif":
            raise ImageError(f"{name}: a filter for values of type {config[key]}")


def _vet_3(
    codecs: Sequence[Any], chunks: Sequence[int], dtype: Any, shape: Sequence[int], name: str
) -> list[dict[str, Any]]:
    size = math.prod(chunks) * int(dtype.itemsize)
    vetted_codecs = []
    filtered = packed = False
    sums = 0
    for codec in codecs:
        codec = {"name": codec} if isinstance(codec, str) else dict(codec)
        config = dict(codec.get("configuration") or {})
        kind = str(codec["name"]).removeprefix("numcodecs.")
        if codec["name"] == "sharding_indexed":
            inner = config["chunk_shape"]
            _chunk_bytes(shape, inner, dtype, name, size)
            for part in ("codecs", "index_codecs"):
                # The index has two numbers of 8 bytes for each inner chunk.
                index = (*(-(-n // m) for n, m in zip(chunks, inner, strict=True)), 2)
                if part == "codecs":
                    config[part] = _vet_3(config[part], inner, dtype, shape, name)
                else:
                    config[part] = _vet_3(config[part], index, np.dtype(np.uint64), index, name)
        elif kind in COMPRESSORS:
            loose = max(size, 8 * math.prod(chunks)) + 4096
            limit = loose if filtered or packed else size + sums
            config = {"inner": {"id": kind, **config}, "limit": limit}
            codec["name"], packed = BOUNDED, True
        else:
            _vet_filter(kind, config, name)
            filtered |= kind not in ("bytes", "endian", "transpose", "crc32c")
            sums += 4 * (kind == "crc32c")
        if config or "configuration" in codec:
            codec["configuration"] = config
        vetted_codecs.append(codec)
    return vetted_codecs
