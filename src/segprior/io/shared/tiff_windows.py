"""Windows of a TIFF, decoding no more of its strips and tiles than they touch."""

from __future__ import annotations

import math
import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ConfigError, ImageError
from segprior.io.files.budget import check_bytes, check_values
from segprior.io.files.pixels import Alpha, Outer
from segprior.io.files.reader import Reader
from segprior.io.files.source import one_line
from segprior.io.shared.rasterio_windows import RasterioReader
from segprior.io.shared.tiff_codecs import PICTURES, MissingCodec
from segprior.io.shared.tiff_pages import (
    check_whole,
    find_pages,
    interpret,
    no_data,
    orientation,
    outer_axes,
    quiet_log,
    series_pages,
)
from segprior.io.shared.tiff_segments import check_codec, decode_segment, part_shape
from segprior.io.shared.tiff_sets import check_set, say_absent
from segprior.runtime.extras import need

__all__ = ["TiffReader", "open_tiff"]

# The largest strip or tile that is decoded for a window, in bytes. A larger one may be a whole
# picture.
MAX_SEGMENT = 1 << 28
# Tiles may be larger than their picture, but not by as much as would make them a trap.
_LARGEST_TILE = 1 << 22


def open_tiff(
    path: str | os.PathLike[str],
    *,
    page: int,
    cache: int,
    axes: str | None = None,
    max_bytes: int | None = None,
) -> Reader:
    """Open a TIFF by itself, or with rasterio where its compression is none of ours.

    Raises
    ------
    ImageError
        If the file is broken or can only be decoded as a whole.
    ConfigError
        If neither can decode it here.
    """
    import tifffile

    name = os.fspath(path)
    quiet_log()
    try:
        file = tifffile.TiffFile(name)
        try:
            return TiffReader(file, name, page=page, cache=cache, axes=axes, max_bytes=max_bytes)
        except BaseException:
            file.close()
            raise
    except ImageError:
        raise
    except MissingCodec as error:
        lacking = one_line(error)
    except Exception as error:
        raise ImageError(f"{name}: broken TIFF ({one_line(error)}); save it again") from error
    try:
        need("rasterio", "geo")
        return RasterioReader(path, page=page)
    except (ConfigError, ImageError, MissingCodec) as error:
        raise ConfigError(f"{name}: {lacking}") from error


class TiffReader:
    """A page of a TIFF, or its bands on several pages; see `Reader`.

    Parameters
    ----------
    file : tifffile.TiffFile
        Closed with the reader; its series have not been asked for.
    name : str
        For messages.
    page, axes
        As in :class:`segprior.io.format.Reading`.
    cache : int
        Bytes of decoded parts to keep.
    max_bytes : int or None
        What a decoded part may take.
    whole : bool
        Whether the picture is read in one go, however it is stored. Its rows and columns are
        then to be turned by the caller, as `orientation` says.
    bare : bool
        Whether `page` counts the pages one by one, whatever their axes are.

    Raises
    ------
    MissingCodec
        If nothing here undoes the compression.
    ImageError
        If it can only be decoded as a whole.
    """

    alpha: Alpha
    depth: int | None
    dtype: np.dtype[Any]
    outer: Outer = ()

    def __init__(
        self,
        file: Any,
        name: str,
        *,
        page: int,
        cache: int,
        axes: str | None = None,
        max_bytes: int | None = None,
        whole: bool = False,
        bare: bool = False,
    ) -> None:
        self.name = name
        self._file, self._whole, self._budget = file, whole, max_bytes
        self._cached: OrderedDict[tuple[int, int], NDArray[Any]] = OrderedDict()
        self._room = cache
        self._lock = threading.Lock()
        self._streams: dict[int, BinaryIO] = {}
        self.absent = check_set(file, name)
        if bare:
            pages, self.stored_axis = [series_pages(file.series[0])[page]], 2
        else:
            pages, self.stored_axis = find_pages(file, page, name, axes)
            self.outer = outer_axes(file, name, axes)
        self.count = len(pages)
        self.pages = say_absent(pages, self.absent, name)
        try:
            self._prepare()
        except BaseException:
            self._close_others()
            raise

    def _prepare(self) -> None:
        key = self.key = self.pages[0].keyframe
        self.orientation = orientation(self.pages[0])
        self.nodata = no_data(key)
        for page in self.pages:
            check_whole(page, self._stream(page), self.name)
            check_codec(page.keyframe)
            other = page.keyframe
            if (other.shape, other.dtype) != (key.shape, key.dtype):
                raise ImageError(
                    f"{self.name}: bands of shapes {key.shape} and {other.shape}; save bands alike"
                )
        if key.imagedepth != 1:
            raise ImageError(f"{self.name}: a volume in one page; save flat pages instead")
        if self.orientation != 1 and not self._whole:
            raise ImageError(f"{self.name}: stored turned; save it upright to read it in windows")
        rows, columns = key.imagelength, key.imagewidth
        self._separate = key.samplesperpixel > 1 and int(key.planarconfig) == 2
        self._check_parts()
        if int(key.compression) in PICTURES and not self._whole:
            self._raw(0, slice(0, 1), slice(0, 1))  # what Pillow lacks shows itself only here
        sample = np.zeros((1, 1, key.samplesperpixel), key.dtype)
        values, self.alpha, self.depth = self._interpreted([sample] * len(self.pages))
        self.shape = (rows, columns, values.shape[2])
        self.dtype = values.dtype

    def _check_parts(self) -> None:
        """Refuse strips and tiles that are too large, before one is decoded."""
        for page in self.pages:
            key = page.keyframe
            high, wide, samples = part_shape(key, 0)
            size = high * wide * samples * key.dtype.itemsize
            if key.is_tiled and high * wide > max(
                4 * key.imagelength * key.imagewidth, _LARGEST_TILE
            ):
                raise ImageError(
                    f"{self.name}: tiles of {high} x {wide} pixels for a picture of "
                    f"{key.imagelength} x {key.imagewidth}; save it again"
                )
            if not self._mappable(page):
                check_bytes(size, self._budget, self.name)
            if not self._whole and not self._mappable(page) and size > MAX_SEGMENT:
                raise ImageError(
                    f"{self.name}: compressed as one piece of {high} x {wide} pixels; "
                    "save it in tiles"
                )

    def read(self, rows: slice, columns: slice, *, indices: bool = False) -> NDArray[Any]:
        """See `Reader`; a palette is left aside if `indices` are wanted."""
        key = self.key
        height, width = rows.stop - rows.start, columns.stop - columns.start
        shape = (height, width, key.samplesperpixel * len(self.pages))
        check_values(shape, key.dtype.itemsize, self._budget, self.name)
        try:
            planes = [self._raw(number, rows, columns) for number in range(len(self.pages))]
        except (ImageError, MissingCodec, MemoryError):
            raise
        except Exception as error:
            raise ImageError(
                f"{self.name}: broken TIFF ({one_line(error)}); save or copy it again"
            ) from error
        return self._interpreted(planes, indices)[0]

    def close(self) -> None:
        """See `Reader`."""
        self._cached.clear()
        self._close_others()
        self._file.close()

    def _close_others(self) -> None:
        for stream in self._streams.values():
            stream.close()
        self._streams.clear()

    def _interpreted(
        self, planes: list[NDArray[Any]], indices: bool = False
    ) -> tuple[NDArray[Any], Alpha, int | None]:
        values = planes[0] if len(planes) == 1 else np.concatenate(planes, axis=-1)
        return interpret(values, self.key, pages=len(planes), indices=indices)

    def _mappable(self, page: Any) -> bool:
        """Whether a page lies in its file as it lies in memory."""
        key = page.keyframe
        plain = int(key.compression) == 1 and key.predictor == 1 and key.fillorder == 1
        whole = key.bitspersample == 8 * key.dtype.itemsize and not key.is_tiled
        return bool(plain and whole and page.is_contiguous)

    def _raw(self, number: int, rows: slice, columns: slice) -> NDArray[Any]:
        """A window of one page, (rows, columns, samples)."""
        page = self.pages[number]
        if self._mappable(page):
            return self._mapped(page, rows, columns)
        key = page.keyframe
        samples = key.samplesperpixel
        high, wide, _ = part_shape(key, 0)
        down, across = -(-key.imagelength // high), -(-key.imagewidth // wide)
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if (down, across, height, width) == (1, 1, high, wide) and not self._separate:
            return self._segment(number, 0)
        window = np.empty((height, width, samples), key.dtype)
        for r in range(rows.start // high, -(-rows.stop // high)):
            for c in range(columns.start // wide, -(-columns.stop // wide)):
                for s in range(samples if self._separate else 1):
                    segment = self._segment(number, (s * down + r) * across + c)
                    top, left = r * high - rows.start, c * wide - columns.start
                    bottom = min(top + segment.shape[0], height)
                    right = min(left + segment.shape[1], width)
                    part = segment[max(0, -top) : bottom - top, max(0, -left) : right - left]
                    channels = slice(s, s + 1) if self._separate else slice(None)
                    window[max(0, top) : bottom, max(0, left) : right, channels] = part
        return window

    def _mapped(self, page: Any, rows: slice, columns: slice) -> NDArray[Any]:
        """A window of an uncompressed page; mapped anew each time, so that memory is given back."""
        key = page.keyframe
        samples, pixels = key.samplesperpixel, (key.imagelength, key.imagewidth)
        shape = (samples, *pixels) if self._separate else (*pixels, samples)
        dtype = np.dtype(page.parent.byteorder + key.dtype.char)
        stream, start = self._stream(page), page.dataoffsets[0]
        if page.parent.filehandle.is_file:
            path = page.parent.filehandle.path
            stored: NDArray[Any] = np.memmap(path, dtype, "r", start, shape)
        else:
            with self._lock:
                stream.seek(start)
                stored = np.frombuffer(stream.read(math.prod(shape) * dtype.itemsize), dtype)
            stored = stored.reshape(shape)
        if self._separate:
            stored = np.moveaxis(stored, 0, -1)
        return np.array(stored[rows, columns], key.dtype.newbyteorder("="), order="C")

    def _stream(self, page: Any) -> BinaryIO:
        """The file that a page is in."""
        stream: Any = page.parent.filehandle
        if page.parent is self._file:
            return stream  # type: ignore[no-any-return]
        place = id(page.parent)
        if place not in self._streams:
            self._streams[place] = Path(stream.path).open("rb")  # noqa: SIM115
        return self._streams[place]

    def _segment(self, number: int, index: int) -> NDArray[Any]:
        """One decoded strip or tile, (rows, columns, samples)."""
        page = self.pages[number]
        with self._lock:
            if (number, index) in self._cached:
                self._cached.move_to_end((number, index))
                return self._cached[number, index]
            stream = self._stream(page)
            stream.seek(page.dataoffsets[index])
            data = stream.read(page.databytecounts[index])
        segment = decode_segment(page.keyframe, page, data, index)
        with self._lock:
            if (number, index) not in self._cached:
                self._cached[number, index] = segment
                self._room -= segment.nbytes
            while self._room < 0 and len(self._cached) > 1:
                self._room += self._cached.popitem(last=False)[1].nbytes
        return segment
