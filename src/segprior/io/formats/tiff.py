"""TIFF in and out: any depth, many bands, several pages."""

from __future__ import annotations

import dataclasses
import io
import os
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.image.colour import to_uint8
from segprior.io.files.pixels import Pixels, check_pixels, orient
from segprior.io.files.reader import Reader
from segprior.io.files.source import one_line
from segprior.io.format import Format, Reading, Target
from segprior.io.shared.geotiff import georeference
from segprior.io.shared.pillow import read_pillow
from segprior.io.shared.tiff_pages import (
    check_whole,
    find_pages,
    interpret,
    orientation,
    quiet_log,
)
from segprior.io.shared.tiff_tiles import write_tiles
from segprior.io.shared.tiff_windows import open_tiff

__all__ = ["FORMAT", "encode_label_map", "encode_tiff", "read_tiff"]

_PLAIN = ("MINISWHITE", "MINISBLACK", "RGB", "PALETTE", "MASK", "SEPARATED")


def read_tiff(stream: BinaryIO, name: str, reading: Reading) -> Pixels:
    """Read one page of a TIFF, its bands last, or all pages as one array.

    Bands are where the file says: the samples of a page, or, in files with named axes (ImageJ,
    OME, tifffile), the pages along the axis C; pages are then counted along the other axes. If
    the channel axis is neither -1 nor None, no page is asked for, and all pages together have
    three axes, they are returned as one array whose bands the user knows to be on this axis. A
    page that tifffile lacks the codec for is read through Pillow.

    Raises
    ------
    ImageError
        If the file is broken or truncated, compressed in a way nothing here can undo, or has too
        many pixels or not that page.
    """
    import tifffile

    quiet_log()
    page, channel_axis = reading.page, reading.channel_axis
    with tifffile.TiffFile(stream) as tiff:
        series = tiff.series[0]
        one_array = channel_axis not in (-1, None) and page is None
        if one_array and series.ndim == 3 and len(series.pages) > 1:
            sides = [n for i, n in enumerate(series.shape) if i != channel_axis % 3]  # type: ignore[operator]
            check_pixels(sides[0], sides[1], reading.max_pixels, name)
            for one in series.pages:
                check_whole(one, stream, name)
            return Pixels(values=series.asarray(), name=name, together=series.shape)
        chosen, stored_axis = find_pages(tiff, page or 0, name)
        first: Any = chosen[0].keyframe
        check_pixels(first.imagelength, first.imagewidth, reading.max_pixels, name)
        for one in chosen:
            check_whole(one, stream, name)
        try:
            pixels = _decode(chosen, stored_axis, reading.indices, name)
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
    from PIL.TiffImagePlugin import TiffImageFile

    stream.seek(0)
    try:
        return read_pillow(TiffImageFile(stream), name, reading)
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
    import hashlib
    import uuid

    # The identifier would be another one every time; the same picture shall give the same bytes.
    digest = hashlib.sha256(f"{array.shape} {array.dtype}".encode() + array.tobytes()).digest()
    name = str(uuid.UUID(bytes=digest[:16], version=4))
    return {"axes": "YX", "UUID": name, "Creator": "segprior"}


def _picture(picture: NDArray[Any], suffix: str) -> bytes:
    if picture.dtype in (np.bool_, np.float16):  # types that few programs read
        picture = to_uint8(picture) if picture.dtype == np.bool_ else picture.astype(np.float32)
    return encode_tiff(picture)


def encode_label_map(
    labels: NDArray[Any], target: Target, *, ome: bool = False, tags: Sequence[tuple[Any, ...]] = ()
) -> bytes:
    """Return a TIFF of a mask, 0 and 255, or of a label map; the rest as for `encode_tiff`."""
    if target.mask:
        stored = np.where(labels != 0, np.uint8(255), np.uint8(0))
    else:
        stored = labels.astype(target.dtype)
    return encode_tiff(stored, compress=True, ome=ome, tags=tags)


def _labels(labels: NDArray[Any], target: Target) -> bytes:
    return encode_label_map(labels, target, tags=georeference(target.image, target.shape))


def _bands(bands: Iterable[NDArray[Any]], target: Target) -> None:
    write_tiles(bands, target, tags=georeference(target.image, target.shape))


def _open(path: str | os.PathLike[str], reading: Reading) -> Reader:
    return open_tiff(path, page=reading.page or 0, cache=reading.cache)


FORMAT = Format(
    name="tiff",
    title="TIFF",
    suffixes=(".tif", ".tiff"),
    rank=5,
    recognises=lambda head: head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    read=read_tiff,
    open_windows=_open,
    encode_picture=_picture,
    encode_labels=_labels,
    write_bands=_bands,
    largest=2**32 - 1,
)
