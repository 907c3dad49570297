"""The file of what was found of an image: an ``.npz`` of arrays and JSON (``docs/formats.md``)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from segprior._version import __version__
from segprior.config.checks import at_least
from segprior.config.steering import PredictorConfig
from segprior.errors import ImageError
from segprior.image.resize import working_shape
from segprior.io.files.pixels import check_pixels
from segprior.io.files.source import name_of, one_line
from segprior.io.formats.npy import Header, check_format, load_npz, save_npz
from segprior.regions.dendrogram import problem_of
from segprior.steering.scene import Scene, colours_of
from segprior.steering.steerer import Steerer
from segprior.steering.weights import Weights

__all__ = ["read_steerer", "write_steerer"]

_FORMAT = "segprior predictor 1"
_CURE = "make one with segprior.Predictor(image).save('x.npz')"
# Of each array the kind of its numbers, in memory, and the number of axes.
_KINDS: dict[str, tuple[Any, int]] = {
    "image": (np.uint16, 3),
    "regions": (np.int32, 2),
    "first": (np.int64, 1),
    "second": (np.int64, 1),
    "lengths": (np.float64, 1),
    "costs": (np.float64, 1),
    "textons": (np.int64, 2),
    "tints": (np.int64, 2),
    "merges": (np.int32, 2),
    "heights": (np.float64, 1),
}


def write_steerer(
    path: str | os.PathLike[str], steerer: Steerer, config: Mapping[str, Any], seed: int
) -> Path:
    """Write what was found of an image; see :meth:`segprior.Predictor.save`."""
    arrays = {"image": steerer.image}
    for name in list(_KINDS)[1:]:
        values = getattr(steerer.scene, name)
        if name in ("textons", "tints"):
            values = values.astype(np.uint8)
        elif values.dtype == np.int64:
            values = values.astype(np.int32)
        arrays[name] = values
    meta = {"format": _FORMAT, "version": __version__, "config": dict(config), "seed": seed}
    return save_npz(path, arrays, meta, compress=True)


def read_steerer(source: object, max_pixels: int | None) -> tuple[Steerer, dict[str, Any], int]:
    """Read what :func:`write_steerer` wrote; see :meth:`segprior.Predictor.load`.

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
        rows, columns = headers["image"].shape[:2]
        check_pixels(rows, columns, max_pixels, name)

    arrays, meta = load_npz(source, check)
    try:
        config = PredictorConfig(**meta["config"])
        at_least("seed", meta["seed"], 0)
    except KeyError as error:
        raise _damaged(name, f"{error} is missing") from error
    # Whatever may stand in JSON in place of what should.
    except (AttributeError, TypeError, ValueError) as error:
        raise _damaged(name, one_line(error)) from error
    held = {key: arrays[key].astype(kind) for key, (kind, _) in _KINDS.items()}
    if problem := _problem_of(held, config.working_size):
        raise _damaged(name, problem)
    image = held.pop("image")
    colours = colours_of(image.astype(np.float32) / np.float32(65535), config.working_size)
    scene = Scene(shape=(image.shape[0], image.shape[1]), colours=colours, **held)
    return Steerer(scene, image, Weights()), config.to_dict(), int(meta["seed"])


def _damaged(name: str, problem: str) -> ImageError:
    return ImageError(f"{name}: a damaged predictor ({problem}); {_CURE}")


def _problem_of_headers(headers: Mapping[str, Header]) -> str:
    """Say what is wrong with the arrays as they are announced; empty if nothing is."""
    if set(headers) != set(_KINDS):
        return f"arrays {', '.join(sorted(headers)) or 'none'}, not {', '.join(_KINDS)}"
    for key, (kind, axes) in _KINDS.items():
        shape, dtype = headers[key]
        whole = np.dtype(kind).kind in "iu"
        if len(shape) != axes or dtype.kind not in ("iu" if whole else "f"):
            return f"{key} of shape {shape} and type {dtype}"
        if not np.can_cast(dtype, kind):
            return f"{key} of type {dtype}"
    if min(headers["image"].shape) < 1:
        return f"an image of shape {headers['image'].shape}"
    return ""


def _problem_of(arrays: Mapping[str, Any], size: int | None) -> str:
    """Say what is wrong with arrays that were read; empty if nothing is."""
    small = working_shape(arrays["image"].shape, size)
    for key in ("regions", "textons", "tints"):
        if arrays[key].shape != small:
            return f"{key} of shape {arrays[key].shape}, not {small}"
        if arrays[key].min() < 0:
            return f"{key} below 0"
    if max(arrays["textons"].max(), arrays["tints"].max()) > 255:
        return "words above 255"
    count = len(arrays["heights"]) + 1
    if problem := problem_of(arrays["merges"], arrays["heights"]):
        return problem
    if (np.bincount(arrays["regions"].ravel(), minlength=count) == 0).any():
        return "a region without pixels"
    if arrays["regions"].max() >= count:
        return f"regions above {count - 1}"
    pairs = len(arrays["first"])
    if any(len(arrays[key]) != pairs for key in ("second", "lengths", "costs")):
        return "pairs of regions of several numbers"
    ends = np.concatenate([arrays["first"], arrays["second"]])
    if pairs and not (ends.min() >= 0 and ends.max() < count):
        return f"pairs of other regions than 0 to {count - 1}"
    if not (np.isfinite(arrays["lengths"]).all() and np.isfinite(arrays["costs"]).all()):
        return "boundaries that are not finite"
    return ""
