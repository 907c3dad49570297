"""What a saved prior must be like, before and after its arrays are read."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.config.prior import PriorConfig
from segprior.errors import ImageError
from segprior.io.files.source import name_of
from segprior.io.formats.npy import Header, check_format, load_npz

__all__ = ["FORMAT", "read_fields"]

FORMAT = "segprior prior 1"
"""What the description of a file says that it is."""

# As in `segprior.prior.prior`: what sides are extended to, and the least of them.
_MULTIPLE, _LEAST = 8, 16
# More hidden features than any block of the generator has.
_WIDEST = 1024


def read_fields(source: object) -> dict[str, Any]:
    """Read the fields of a prior; see :meth:`segprior.prior.prior.Prior.load`.

    Raises
    ------
    ImageError
        If it is missing, broken or something else, or larger than it may be.
    """
    name = name_of(source)

    def check(headers: Mapping[str, Header], meta: Mapping[str, Any]) -> None:
        check_format(meta, FORMAT, name, "make one with segprior prior -o x.npz")
        with _told(name):
            _check_sizes({key: header.shape for key, header in headers.items()}, meta)

    arrays, meta = load_npz(source, check)
    with _told(name):
        return _restored(arrays, meta)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Say of what Python raises at a strange description that the file is damaged."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ImageError(f"{name}: a damaged prior ({error}); fit it again") from error


def _check_sizes(shapes: Mapping[str, tuple[int, ...]], meta: Mapping[str, Any]) -> None:
    """Refuse arrays larger than those of any prior that is described so, before one is read."""
    sides = [max(_LEAST, operator.index(side)) + _MULTIPLE for side in meta["shape"][:2]]
    config = PriorConfig(**meta["config"])
    most = {
        "members": (config.members, *sides, operator.index(meta["shape"][2])),
        "losses": (config.members, config.passes),
        "snapshot": (*sides, operator.index(meta["shape"][2])),
        "features": (config.members, *sides, _WIDEST),
    }
    if len(shapes) > 2 + len(config.snapshots) + len(config.features):
        raise ValueError(f"{len(shapes)} arrays")
    for key, shape in shapes.items():
        limits = most.get(key.partition("/")[0], ())
        if len(shape) != len(limits) or any(n > m for n, m in zip(shape, limits, strict=True)):
            raise ValueError(f"{key} of shape {shape}")


def _restored(arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> dict[str, Any]:
    """Put together what was saved; of wrong shapes and types one of Python's errors."""
    rows, columns, channels = map(operator.index, meta["shape"])
    config = PriorConfig(**meta["config"])
    members = _of_shape("members", arrays["members"], (None, None, None, channels))
    count = len(members)
    snapshots, features = {}, {}
    for name, array in arrays.items():
        kind, *rest = name.split("/")
        if kind == "snapshot":
            snapshots[int(rest[0])] = _of_shape(name, array, (None, None, channels))
        elif kind == "features":
            shape = (count, None, None, None)
            features[rest[0], int(rest[1])] = _of_shape(name, array, shape)
    if not (isinstance(meta["version"], str) and min(rows, columns, channels) > 0):
        raise ValueError(f"version {meta['version']!r}, shape {meta['shape']}")
    return {
        "shape": (rows, columns, channels),
        "members": members,
        "snapshots": snapshots,
        "features": features,
        "losses": _of_shape("losses", arrays["losses"], (count, None)),
        "config": config,
        "seed": operator.index(meta["seed"]),
        "seconds": math.nan,
        "version": meta["version"],
    }


def _of_shape(name: str, array: NDArray[Any], shape: Sequence[int | None]) -> NDArray[np.float32]:
    """Return an array as it is, which must be of float32 and of this shape, None being any side."""
    fits = array.ndim == len(shape) and all(
        side > 0 and wanted in (None, side) for side, wanted in zip(array.shape, shape, strict=True)
    )
    # Losses that an early stop has left out are NaN.
    if not fits or array.dtype != np.float32 or (name != "losses" and not np.isfinite(array).all()):
        raise ValueError(f"{name} of {array.dtype}, {array.shape}, or not finite")
    return array
