"""The pages of a TIFF: which of them are a picture, and what their numbers mean."""

from __future__ import annotations

import copy
import logging
import math
import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError, InputWarning
from segprior.io.files.axes import check_axes
from segprior.io.files.pixels import Alpha, Outer, check_page
from segprior.messages import Setting

if TYPE_CHECKING:
    import tifffile

__all__ = [
    "GDAL_NODATA", "check_whole", "find_pages", "interpret", "no_data", "orientation",
    "outer_axes", "quiet_log", "series_pages", "tell_others",
]  # fmt: skip

GDAL_NODATA = 42113
"""The tag that names the value of pixels without data, as text."""

# tifffile reports broken files through logging as well, which, where nobody has set logging up,
# would end on stderr beside the one line that the user gets.
_NOWHERE = logging.NullHandler()

_ORIENTATION = 274
_INK_SET, _CMYK = 332, 1
_ALPHAS: dict[str, Alpha] = {"ASSOCALPHA": "premultiplied", "UNASSALPHA": "straight"}


def quiet_log() -> None:
    """Keep what tifffile logs to itself, unless somebody has set logging up."""
    logging.getLogger("tifffile").addHandler(_NOWHERE)


def find_pages(
    tiff: tifffile.TiffFile, page: int, name: str, axes: str | None = None
) -> tuple[list[Any], int]:
    """Find the pages that make up one picture, and the axis on which they keep its bands.

    Parameters
    ----------
    tiff : tifffile.TiffFile
    page : int
        Which picture; see `outer_axes`.
    name : str
        For messages.
    axes : str, optional
        Letters for the axes of all pages, instead of those that the file has.
    """
    series = tiff.series[0]
    outer = _outer(series, axes, name)
    bands = outer.get("C", 1)
    pages = series_pages(series)
    if bands == 1 or math.prod(outer.values()) != len(pages):
        check_page(page, max(len(tiff.pages), len(pages)), name)
        one: Any = pages[page] if page < len(pages) else tiff.pages[page]
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
    return [pages[int(index)] for index in indices], 0


def series_pages(series: Any) -> Sequence[Any]:
    """All pages of a picture or stack, also where one description stands for planes in a row.

    ImageJ writes stacks above 4 GB like that, and tifffile with ``truncate``.
    """
    one, count = series.keyframe, math.prod(series.shape)
    planes = count // max(1, math.prod(one.shape))
    if len(series.pages) > 1 or planes <= 1 or series.dataoffset is None:
        return series.pages  # type: ignore[no-any-return]
    return _InARow(one, series.dataoffset, planes)


class _InARow(Sequence[Any]):
    """Planes that lie one behind the other, each as a page, made when it is asked for."""

    def __init__(self, one: Any, start: int, count: int) -> None:
        self._one, self._start, self._count = one, start, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: Any) -> Any:
        page, size = copy.copy(self._one), self._one.nbytes
        page.dataoffsets, page.databytecounts = (self._start + number * size,), (size,)
        return page


def _outer(series: Any, axes: str | None, name: str) -> dict[str, int]:
    """The axes along which there are pages, and how many."""
    letters = series.axes if axes is None else check_axes(axes, series.shape, name)
    inner = series.keyframe.axes
    leading = len(series.axes) - len(inner)
    if axes is not None and letters[leading:].replace("C", "S") != inner:
        raise ImageError(
            f"{name}: pages of axes {inner}, got ", Setting("axes", axes),
            cure="do without tiles, or save it again",
        )  # fmt: skip
    return dict(zip(letters[:leading], series.shape[:leading], strict=True))


def outer_axes(tiff: tifffile.TiffFile, name: str, axes: str | None = None) -> Outer:
    """The axes along which the first picture of a file goes on, as pages are counted."""
    series = tiff.series[0]
    outer = _outer(series, axes, name)
    pages = series_pages(series)
    if math.prod(outer.values()) != len(pages):
        return (("I", len(pages)),) if len(pages) > 1 else ()
    return tuple((axis, n) for axis, n in outer.items() if axis != "C" and n > 1)


def tell_others(tiff: tifffile.TiffFile, name: str) -> None:
    """Warn of pages that are neither planes of the first picture nor smaller copies of it."""
    others = [
        series
        for series in tiff.series[1:]
        if not (series.keyframe.is_reduced or series.keyframe.is_mask)
    ]
    if others:
        warnings.warn(
            InputWarning(
                f"{name}: {sum(len(series.pages) for series in others)} pages of other sizes or "
                "types are not read; ", Setting("page"), " chooses one",
            ),
            stacklevel=3,
        )  # fmt: skip


def no_data(key: Any) -> float | None:
    """The value of pixels without data that a page declares, as `interpret` leaves it.

    It is a whole number where it can be, which a float would round. Of palettes there is none,
    whose index for that `interpret` makes transparent.

    References
    ----------
    .. [1] GDAL, "GTiff -- GeoTIFF File Format", tag 42113, gdal.org/drivers/raster/gtiff.html.
    """
    value, photometric = _declared(key), key.photometric.name
    if value is None or photometric in ("PALETTE", "SEPARATED"):
        return None
    if photometric == "MINISWHITE":
        try:
            stored = np.array(value, key.dtype)
        except (OverflowError, ValueError):
            return None
        return _inverted(stored, int(key.bitspersample)).item()  # type: ignore[no-any-return]
    return value


def _declared(key: Any) -> float | None:
    tag = key.tags.get(GDAL_NODATA) if hasattr(key, "tags") else None
    text = str(tag.value).strip(" \0") if tag is not None else ""
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return None


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
        if (missing := _declared(key)) is not None and not extras:
            more = np.where(values[..., :1] == missing, np.uint8(0), np.uint8(255))
            alpha = "straight"
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
