"""TIFF in and out: any depth, many bands, several pages."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.image.colour import to_uint8
from segprior.io.files.axes import check_axes
from segprior.io.files.budget import check_values
from segprior.io.files.pixels import Pixels, check_pixels, orient
from segprior.io.files.reader import Reader
from segprior.io.format import Format, Reading, Target
from segprior.io.shared.geotiff import georeference
from segprior.io.shared.pillow import read_pillow
from segprior.io.shared.rasterio_windows import RasterioReader
from segprior.io.shared.tiff_codecs import MissingCodec
from segprior.io.shared.tiff_pages import (
    GDAL_NODATA,
    find_pages,
    quiet_log,
    series_pages,
    tell_others,
)
from segprior.io.shared.tiff_sets import check_set
from segprior.io.shared.tiff_tiles import write_tiles
from segprior.io.shared.tiff_windows import TiffReader, open_tiff
from segprior.messages import Setting

__all__ = ["FORMAT", "encode_label_map", "encode_tiff", "read_tiff"]


def read_tiff(stream: BinaryIO, name: str, reading: Reading) -> Pixels:
    """Read one page of a TIFF, its bands last, or all pages as one array.

    Bands are where the file says: the samples of a page, or, in files with named axes (ImageJ,
    OME, tifffile), the pages along the axis C; pages are then counted along the other axes. If
    the channel axis is neither -1 nor None, no page is asked for, and all pages together have
    three axes, they are returned as one array whose bands the user knows to be on this axis.
    If axes are named, all pages are returned as one array of these axes.
    Old JPEG and YCbCr colours are read through Pillow, and what only GDAL undoes by rasterio.

    Raises
    ------
    ImageError
        If the file is broken or truncated, compressed in a way nothing here can undo, or has too
        many pixels or not that page.
    """
    import tifffile

    quiet_log()
    page, channel_axis = reading.page, reading.channel_axis
    try:
        with tifffile.TiffFile(stream) as tiff:
            check_set(tiff, name)
            series = tiff.series[0]
            if reading.axes is not None:
                check_axes(reading.axes, series.shape, name)
                return _together(tiff, series, reading, name)
            one_array = channel_axis not in (-1, None) and page is None
            if one_array and series.ndim == 3 and len(series_pages(series)) > 1:
                sides = [n for i, n in enumerate(series.shape) if i != channel_axis % 3]  # type: ignore[operator]
                check_pixels(sides[0], sides[1], reading.max_pixels, name)
                return _together(tiff, series, reading, name)
            if page is None and not reading.indices:
                tell_others(tiff, name)
            first: Any = find_pages(tiff, page or 0, name)[0][0]
            if first is not None:
                key = first.keyframe
                check_pixels(key.imagelength, key.imagewidth, reading.max_pixels, name)
            return _one(tiff, series, reading, name)
    except MissingCodec as error:
        lacking = error
    pixels = _by_others(stream, name, reading)
    if pixels is None:
        raise ImageError(f"{name}: {lacking}") from lacking
    return pixels


def _together(tiff: Any, series: Any, reading: Reading, name: str) -> Pixels:
    """All pages as one array; each is a plane, or a picture if there is one page only."""
    key = series.keyframe
    check_values(series.shape, key.dtype.itemsize, reading.max_bytes, name)
    if key.photometric.name == "PALETTE":
        raise ImageError(f"{name}: pages with a palette", cure=("leave ", Setting("axes"), " out"))
    planes = []
    for number in range(len(series_pages(series))):
        reader = TiffReader(
            tiff, name, page=number, cache=0, max_bytes=reading.max_bytes, whole=True, bare=True
        )
        plane = reader.read(slice(0, reader.shape[0]), slice(0, reader.shape[1]))
        planes.append(plane[..., 0] if plane.shape[2] == 1 else plane)
    values = np.stack(planes)
    if values.ndim == 4 and key.axes.startswith("S"):
        values = np.moveaxis(values, -1, 1)
    return Pixels(
        values=values.reshape(series.shape), name=name, depth=reader.depth, nodata=reader.nodata,
        together=series.shape,
    )  # fmt: skip


def _one(tiff: Any, series: Any, reading: Reading, name: str) -> Pixels:
    reader = TiffReader(
        tiff, name, page=reading.page or 0, cache=0, max_bytes=reading.max_bytes, whole=True
    )
    rows, columns = slice(0, reader.shape[0]), slice(0, reader.shape[1])
    indexed = reading.indices and reader.key.photometric.name == "PALETTE"
    try:
        values = reader.read(rows, columns, indices=indexed)
    finally:
        reader.close()
    flat = values[..., 0] if values.shape[2] == 1 else values
    many = reading.page is None and reader.count < len(series_pages(series))
    return Pixels(
        values=orient(flat, reader.orientation), name=name, stored_axis=reader.stored_axis,
        alpha=reader.alpha, depth=reader.depth, indexed=indexed,
        together=series.shape if many else None, nodata=reader.nodata, outer=reader.outer,
    )  # fmt: skip


def _by_others(stream: BinaryIO, name: str, reading: Reading) -> Pixels | None:
    """Read what this package has no decoder for, where others give the same numbers."""
    import tifffile

    stream.seek(0)
    with tifffile.TiffFile(stream) as tiff:
        page: Any = tiff.pages[0]
        simple = page.bitspersample == 8 and not page.extrasamples and not reading.page
        colours = page.photometric.name in ("MINISBLACK", "RGB", "YCBCR")
        old = int(page.compression) == 6 or page.photometric.name == "YCBCR"
    if simple and colours and old and not reading.indices:
        from PIL.TiffImagePlugin import TiffImageFile

        stream.seek(0)
        return read_pillow(TiffImageFile(stream, name), name, reading)
    place = getattr(stream, "name", None)
    if not isinstance(place, str) or not Path(place).is_file() or find_spec("rasterio") is None:
        return None
    try:
        reader = RasterioReader(place, page=reading.page or 0)
    except (ImageError, MissingCodec):
        return None
    try:
        check_pixels(reader.shape[0], reader.shape[1], reading.max_pixels, name)
        check_values(reader.shape, reader.dtype.itemsize, reading.max_bytes, name)
        values = reader.read(slice(0, reader.shape[0]), slice(0, reader.shape[1]))
    finally:
        reader.close()
    flat = values[..., 0] if values.shape[2] == 1 else values
    return Pixels(
        values=flat, name=name, stored_axis=2, alpha=reader.alpha, depth=reader.depth,
        nodata=reader.nodata, outer=reader.outer,
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
    """Return a TIFF of a mask, 0 and 255, or of a label map; the rest as for `encode_tiff`.

    Of a stack there is a page for each plane, and the axes are named.
    """
    if target.mask:
        stored = np.where(labels != 0, np.uint8(255), np.uint8(0))
    else:
        stored = labels.astype(target.dtype)
    if target.nodata and not ome:
        tags = [*tags, (GDAL_NODATA, 2, 0, "0", True)]
    if target.axes:
        return _encode_stack(stored, target.axes + "YX", ome=ome, tags=tags)
    return encode_tiff(stored, compress=True, ome=ome, tags=tags)


def _encode_stack(
    planes: NDArray[Any], axes: str, *, ome: bool, tags: Sequence[tuple[Any, ...]]
) -> bytes:
    import tifffile

    stream = io.BytesIO()
    tifffile.imwrite(
        stream, planes, photometric="minisblack", compression="zlib", software="segprior",
        metadata={**(_ome(planes) if ome else {}), "axes": axes}, ome=ome, extratags=tags,
        bigtiff=planes.nbytes >= 2**32,
    )  # fmt: skip
    return stream.getvalue()


def _labels(labels: NDArray[Any], target: Target) -> bytes:
    return encode_label_map(labels, target, tags=georeference(target.image, target.shape))


def _bands(bands: Iterable[NDArray[Any]], target: Target) -> None:
    write_tiles(bands, target, tags=georeference(target.image, target.shape))


def _open(path: str | os.PathLike[str], reading: Reading) -> Reader:
    return open_tiff(
        path, page=reading.page or 0, cache=reading.cache, axes=reading.axes,
        max_bytes=reading.max_bytes,
    )  # fmt: skip


FORMAT = Format(
    name="tiff",
    title="TIFF",
    suffixes=(".tif", ".tiff"),
    rank=5,
    recognises=lambda head: head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    named_axes=True,
    stacks=True,
    read=read_tiff,
    open_windows=_open,
    encode_picture=_picture,
    encode_labels=_labels,
    write_bands=_bands,
    largest=2**32 - 1,
)
