"""TIFF in and out: any depth, many bands, several pages."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import uuid
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.files.pixels import Pixels, check_pixels, orient
from segprior.io.files.source import one_line
from segprior.io.shared.tiff_pages import (
    check_whole,
    find_pages,
    interpret,
    orientation,
    quiet_log,
)

__all__ = ["encode_tiff", "read_tiff"]

Fallback = Callable[[str, BinaryIO, str, int | None, int | None, bool], Pixels]

_PLAIN = ("MINISWHITE", "MINISBLACK", "RGB", "PALETTE", "MASK", "SEPARATED")


def read_tiff(
    stream: BinaryIO,
    name: str,
    *,
    page: int | None,
    channel_axis: int | None,
    max_pixels: int | None,
    indices: bool,
    fallback: Fallback,
) -> Pixels:
    """Read one page of a TIFF, its bands last, or all pages as one array.

    Bands are where the file says: the samples of a page, or, in files with named axes (ImageJ,
    OME, tifffile), the pages along the axis C; pages are then counted along the other axes.

    Parameters
    ----------
    stream, name
        The file.
    page : int or None
        Which page, from 0; the first if None.
    channel_axis : int or None
        If neither -1 nor None and ``page`` is None, and all pages together have three axes, they
        are returned as one array whose bands the user knows to be on this axis.
    max_pixels : int or None
        Limit of one page.
    indices : bool
        Leave a page with a palette as its indices.
    fallback : callable
        Reads the page through Pillow, if tifffile lacks the codec.

    Raises
    ------
    ImageError
        If the file is broken or truncated, compressed in a way nothing here can undo, or has too
        many pixels or not that page.
    """
    import tifffile

    quiet_log()
    with tifffile.TiffFile(stream) as tiff:
        series = tiff.series[0]
        one_array = channel_axis not in (-1, None) and page is None
        if one_array and series.ndim == 3 and len(series.pages) > 1:
            sides = [n for i, n in enumerate(series.shape) if i != channel_axis % 3]  # type: ignore[operator]
            check_pixels(sides[0], sides[1], max_pixels, name)
            for one in series.pages:
                check_whole(one, stream, name)
            return Pixels(values=series.asarray(), name=name)
        chosen, stored_axis = find_pages(tiff, page or 0, name)
        first: Any = chosen[0].keyframe
        check_pixels(first.imagelength, first.imagewidth, max_pixels, name)
        for one in chosen:
            check_whole(one, stream, name)
        try:
            pixels = _decode(chosen, stored_axis, indices, name)
            if page is None and len(chosen) < len(series.pages):
                return dataclasses.replace(pixels, together=series.shape)
            return pixels
        except (ValueError, NotImplementedError) as error:
            if not any(words in str(error) for words in ("imagecodecs", "not supported")):
                raise
            cure = ImageError(
                f"{name}: {one_line(error)}; save the TIFF without compression or "
                "pip install imagecodecs"
            )
            # Pillow would cut deep colours to 8 bits without a word.
            if len(chosen) > 1 or (first.bitspersample > 8 and first.samplesperpixel > 1):
                raise cure from error
    stream.seek(0)
    try:
        return fallback("TIFF", stream, name, page, max_pixels, indices)
    except ImageError:
        raise
    except Exception as error:
        raise cure from error


def _decode(chosen: list[Any], stored_axis: int, indices: bool, name: str) -> Pixels:
    key = chosen[0].keyframe
    if key.photometric.name not in _PLAIN:
        raise ValueError(f"{key.photometric.name} colours require the 'imagecodecs' package")
    planes = []
    for page in chosen:
        plane = page.asarray(maxworkers=1)
        if key.axes.startswith("S"):
            plane = np.moveaxis(plane, 0, -1)
        if plane.ndim not in (2, 3) or plane.shape[:2] != (key.imagelength, key.imagewidth):
            raise ImageError(f"{name}: pages of shape {plane.shape}; save flat pages instead")
        planes.append(plane)
    values = planes[0] if len(planes) == 1 else np.stack(planes, axis=-1)
    values = values.reshape(*values.shape[:2], -1) if values.ndim == 4 else values
    values, alpha, depth = interpret(values, key, pages=len(planes), indices=indices)
    return Pixels(
        values=orient(values, orientation(chosen[0])), name=name, stored_axis=stored_axis,
        alpha=alpha, depth=depth, indexed=indices and key.photometric.name == "PALETTE",
    )  # fmt: skip


def encode_tiff(
    array: NDArray[Any],
    *,
    compress: bool = False,
    ome: bool = False,
    tags: Sequence[tuple[Any, ...]] = (),
) -> bytes:
    """Return the bytes of a TIFF of one page with the array's dtype.

    Parameters
    ----------
    array : ndarray of shape (H, W) or (H, W, C)
        Of C bands, 3 are RGB; 4 are RGBA if they have 8 bits and just bands otherwise.
    compress : bool
        Deflate it, which makes label maps small and is slow on photographs.
    ome : bool
        Describe it as OME-TIFF does; shape (H, W) only.
    tags : sequence of tuple
        More tags, as tifffile takes them and `segprior.io.shared.geotiff.georeference` gives them.
    """
    import tifffile

    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    bands = 1 if array.ndim == 2 else array.shape[2]
    rgba = bands == 4 and array.dtype == np.uint8
    extras = ["unassalpha"] if rgba else ["unspecified"] * (0 if bands == 3 else bands - 1)
    stream = io.BytesIO()
    tifffile.imwrite(
        stream,
        np.ascontiguousarray(array),
        photometric="rgb" if bands == 3 or rgba else "minisblack",
        planarconfig="contig" if bands > 1 else None,
        extrasamples=extras or None,
        compression="zlib" if compress else None,
        software="segprior",
        metadata=_ome(array) if ome else None,
        ome=ome,
        extratags=tags,
    )
    return stream.getvalue()


def _ome(array: NDArray[Any]) -> dict[str, str]:
    # The identifier would be another one every time; the same picture shall give the same bytes.
    digest = hashlib.sha256(f"{array.shape} {array.dtype}".encode() + array.tobytes()).digest()
    name = str(uuid.UUID(bytes=digest[:16], version=4))
    return {"axes": "YX", "UUID": name, "Creator": "segprior"}
