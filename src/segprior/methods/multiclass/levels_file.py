"""The file of a hierarchy: an ``.npz`` of three arrays and JSON (``docs/formats.md``)."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from segprior._version import __version__
from segprior.config.checks import at_least, one_of
from segprior.config.prior import PriorConfig
from segprior.errors import ImageError
from segprior.io.files.pixels import check_pixels
from segprior.io.files.source import name_of, one_line
from segprior.io.formats.npy import Header, check_format, load_npz, save_npz
from segprior.methods.multiclass.config import SegmentConfig
from segprior.regions.dendrogram import problem_of

__all__ = ["read_levels", "write_levels"]

_FORMAT = "segprior hierarchy 1"
# Of each array the kinds of numbers, what they must fit into, and the number of axes.
_KINDS = {
    "regions": ("iu", np.int64, 2),
    "merges": ("iu", np.int64, 2),
    "costs": ("f", np.float64, 1),
}
# Where there is data; only where that is not everywhere.
_GAPS = "valid"
_CURE = "make one with segprior segment --hierarchy x.npz"


def write_levels(path: str | os.PathLike[str], fields: Mapping[str, Any]) -> Path:
    """Write the fields of a hierarchy; see :meth:`segprior.Hierarchy.save`."""
    kind = np.uint16 if len(fields["costs"]) < 2**16 else np.int32
    arrays = {
        "regions": fields["regions"].astype(kind),
        "merges": fields["merges"].astype(kind),
        "costs": fields["costs"],
    }
    if fields["valid"] is not None:
        arrays[_GAPS] = fields["valid"]
    meta = {
        "format": _FORMAT,
        "version": __version__,
        "levels": fields["levels"],
        "edges": fields["edges"],
        "config": fields["config"].to_dict(),
        "seed": fields["seed"],
    }
    return save_npz(path, arrays, meta, compress=True)


def read_levels(source: object, max_pixels: int | None) -> dict[str, Any]:
    """Read the fields of a hierarchy; see :meth:`segprior.Hierarchy.load`.

    Raises
    ------
    ImageError
        If it is missing, broken or something else, or has too many pixels.
    """
    name = name_of(source)

    def check(headers: Mapping[str, Header], meta: Mapping[str, Any]) -> None:
        check_format(meta, _FORMAT, name, _CURE)
        if problem := _problem_of_headers(headers):
            raise _damaged(name, problem)
        rows, columns = headers["regions"].shape
        check_pixels(rows, columns, max_pixels, name)

    arrays, meta = load_npz(source, check)
    regions, merges, costs = (arrays[key] for key in _KINDS)
    if problem := problem_of(merges, costs):
        raise _damaged(name, problem)
    if regions.min() < 0 or regions.max() > len(costs):
        raise _damaged(name, f"regions other than 0 to {len(costs)}")
    try:
        described = _described(meta)
    except KeyError as error:
        raise _damaged(name, f"{error} is missing") from error
    # Whatever may stand in JSON in place of what should.
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        raise _damaged(name, one_line(error)) from error
    return {
        "regions": regions.astype(np.int32),
        "merges": merges.astype(np.int32),
        "costs": costs.astype(np.float64),
        "valid": arrays.get(_GAPS),
        **described,
    }


def _damaged(name: str, problem: str) -> ImageError:
    return ImageError(f"{name}: a damaged hierarchy ({problem}); {_CURE}")


def _problem_of_headers(headers: Mapping[str, Header]) -> str:
    """Say what is wrong with the arrays as they are announced; empty if nothing is."""
    if set(headers) - {_GAPS} != set(_KINDS):
        return f"arrays {', '.join(sorted(headers)) or 'none'}, not {', '.join(_KINDS)}"
    for key, (kinds, widest, axes) in _KINDS.items():
        shape, dtype = headers[key]
        if dtype.kind not in kinds or not np.can_cast(dtype, widest) or len(shape) != axes:
            return f"{key} of shape {shape} and type {dtype}"
    gaps = headers.get(_GAPS)
    if gaps is not None and (gaps.dtype.kind != "b" or gaps.shape != headers["regions"].shape):
        return f"{_GAPS} of shape {gaps.shape} and type {gaps.dtype}"
    # There are no more regions than pixels, so a limit to these is one to all.
    pixels, merged = math.prod(headers["regions"].shape), headers["costs"].shape[0]
    if pixels == 0 or merged >= pixels or headers["merges"].shape != (merged, 2):
        return f"{merged} costs and merges of shape {headers['merges'].shape} for {pixels} pixels"
    return ""


def _described(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Read what is not an array."""
    levels = tuple(map(float, meta["levels"]))
    if len(levels) != 3 or not all(0 < level < math.inf for level in levels):
        raise ValueError(f"levels {levels}")
    one_of("edges", meta["edges"], ("prior", "image"))
    at_least("seed", meta["seed"], 0)
    config = dict(meta["config"])
    one_of("method", config["method"], ("hierarchy",))
    return {
        "levels": levels,
        "edges": meta["edges"],
        "config": SegmentConfig(**{**config, "prior": PriorConfig(**config["prior"])}),
        "seed": meta["seed"],
        "seconds": math.nan,
    }
