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
_INK_SET, _CMYK = 332, 1
_ALPHAS: dict[str, Alpha] = {"ASSOCALPHA": "premultiplied", "UNASSALPHA": "straight"}


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
) -> tuple[NDArray[Any], Alpha, int | None]:
    """Turn stored values into grey, colours or bands, as the tags of their page say.

    Parameters
    ----------
    values : ndarray of shape (H, W, C)
        Any part of the picture.
    key : tifffile.TiffPage
        The page whose tags count.
    pages : int
        How many pages the bands come from.
    indices : bool
        Leave indices into a palette as they are.

    Returns
    -------
    values : ndarray of shape (H, W, C)
    alpha : {"none", "straight", "premultiplied"}
    depth : int or None
        Bits per value, where that is not what the type has.
    """
    depth: int | None = int(key.bitspersample)
    photometric = key.photometric.name
    extras = [kind.name for kind in key.extrasamples] if pages == 1 else []
    alpha: Alpha = _ALPHAS.get(extras[0], "none") if len(extras) == 1 else "none"
    if photometric == "MINISWHITE":
        colours = values.shape[2] - len(extras)
        values = np.concatenate(
            [_inverted(values[..., :colours], int(key.bitspersample)), values[..., colours:]],
            axis=-1,
        )
    elif photometric == "PALETTE" and not indices:
        # The high bytes, because programs differ in what they write into the low ones.
        colours8 = (key.colormap >> 8).astype(np.uint8).T[values[..., 0]]
        more = (values[..., 1:] * (255 / ((1 << int(key.bitspersample)) - 1))).astype(np.uint8)
        values, depth = np.concatenate([colours8, more], axis=-1), 8
    elif photometric == "SEPARATED" and _is_cmyk(key) and values.shape[2] >= 4 and pages == 1:
        values, alpha = _from_inks(values, int(key.bitspersample), alpha)
        depth = None
    return values, alpha, depth


def _inverted(values: NDArray[Any], depth: int) -> NDArray[Any]:
    """Values of which the least is white, as if the largest were."""
    if values.dtype.kind == "f":
        return 1 - values
    if values.dtype.kind == "u" and depth < 8 * values.dtype.itemsize:
        mirrored: NDArray[Any] = values.dtype.type((1 << depth) - 1) - values
        return mirrored
    return ~values


def _is_cmyk(key: Any) -> bool:
    """Whether separated inks are those four, which they are if no other ones are named."""
    tag = key.tags.get(_INK_SET) if hasattr(key, "tags") else None
    return tag is None or int(tag.value) == _CMYK


def _from_inks(values: NDArray[Any], depth: int, alpha: Alpha) -> tuple[NDArray[Any], Alpha]:
    """Make RGB of cyan, magenta, yellow and black, and put other samples behind it."""
    whole = values.dtype.kind in "ui"
    share = values.astype(np.float32) / np.float32((1 << depth) - 1 if whole else 1)
    ink, more = share[..., :4], share[..., 4:]
    if alpha == "premultiplied":
        cover = more[..., :1]
        ink = np.divide(ink, cover, out=np.zeros_like(ink), where=cover > 0)
        ink, alpha = np.minimum(ink, 1), "straight"
    colours = (1 - ink[..., :3]) * (1 - ink[..., 3:])
    return np.concatenate([colours, more], axis=-1), alpha
