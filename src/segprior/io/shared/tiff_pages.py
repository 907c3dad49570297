"""The pages of a TIFF: which of them are a picture, and what their numbers mean."""

from __future__ import annotations

import logging
import math
import os
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.files.pixels import Alpha, check_page

if TYPE_CHECKING:
    import tifffile

__all__ = ["check_whole", "find_pages", "interpret", "orientation", "quiet_log"]

# tifffile reports broken files through logging as well, which, where nobody has set logging up,
# would end on stderr beside the one line that the user gets.
_NOWHERE = logging.NullHandler()

_ORIENTATION = 274


def quiet_log() -> None:
    """Keep what tifffile logs to itself, unless somebody has set logging up."""
    logging.getLogger("tifffile").addHandler(_NOWHERE)


def find_pages(tiff: tifffile.TiffFile, page: int, name: str) -> tuple[list[Any], int]:
    """Find the pages that make up one picture, and the axis on which they keep its bands."""
    series = tiff.series[0]
    keyframe: Any = series.keyframe
    leading = len(series.axes) - len(keyframe.axes)
    outer = dict(zip(series.axes[:leading], series.shape[:leading], strict=True))
    bands = outer.get("C", 1)
    if bands == 1 or math.prod(outer.values()) != len(series.pages):
        count = len(tiff.pages)
        check_page(page, count, name)
        one: Any = tiff.pages[page]
        axes = one.keyframe.axes
        return [one], axes.index("S") if "S" in axes else 2
    others = {axis: n for axis, n in outer.items() if axis != "C"}
    check_page(page, math.prod(others.values()), name)
    place = dict(zip(others, np.unravel_index(page, tuple(others.values())), strict=True))
    indices = [
        np.ravel_multi_index(
            [c if axis == "C" else place[axis] for axis in outer], [*outer.values()]
        )
        for c in range(bands)
    ]
    return [series.pages[int(index)] for index in indices], 0


def check_whole(page: Any, stream: BinaryIO, name: str) -> None:
    """Refuse a truncated file, whose missing part tifffile would in places fill with zeros."""
    size = stream.seek(0, os.SEEK_END)
    ends = [o + n for o, n in zip(page.dataoffsets, page.databytecounts, strict=True)]
    if not ends or max(ends) > size:
        raise ImageError(
            f"{name}: truncated, {size} of {max(ends, default=0)} bytes are there; "
            "save or copy it again"
        )


def orientation(page: Any) -> int:
    """How the stored rows and columns of a page are to be turned; 1 is not at all."""
    tag = page.tags.get(_ORIENTATION) if hasattr(page, "tags") else None
    return int(tag.value) if tag is not None else 1


def interpret(
    values: NDArray[Any], key: Any, *, pages: int, indices: bool = False
) -> tuple[NDArray[Any], Alpha, int]:
    """Turn stored values into grey, colours or bands, as the tags of their page say.

    Parameters
    ----------
    values : ndarray of shape (H, W) or (H, W, C)
        Any part of the picture.
    key : tifffile.TiffPage
        The page whose tags count.
    pages : int
        How many pages the bands come from.
    indices : bool
        Leave indices into a palette as they are.

    Returns
    -------
    values : ndarray
    alpha : {"none", "straight", "premultiplied"}
    depth : int
        Bits per value.
    """
    alpha: Alpha = "none"
    depth = int(key.bitspersample)
    if key.photometric.name == "MINISWHITE" and values.dtype.kind in "bu":
        values = ~values if values.dtype.kind == "b" else (1 << depth) - 1 - values
    elif key.photometric.name == "PALETTE" and not indices:
        # The high bytes, because programs differ in what they write into the low ones.
        values, depth = (key.colormap >> 8).astype(np.uint8).T[values], 8
    elif key.photometric.name == "SEPARATED" and values.shape[-1] == 4:
        ink = values.astype(np.float32) / np.float32((1 << depth) - 1)
        values = (1 - ink[..., :3]) * (1 - ink[..., 3:])
    elif pages == 1 and len(key.extrasamples) == 1:
        kinds: dict[str, Alpha] = {"ASSOCALPHA": "premultiplied", "UNASSALPHA": "straight"}
        alpha = kinds.get(key.extrasamples[0].name, "none")
    return values, alpha, depth
