"""Windows of a TIFF, decoding no more of its strips and tiles than they touch."""

from __future__ import annotations

import math
import os
import threading
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ConfigError, ImageError
from segprior.io.files.pixels import Alpha
from segprior.io.files.reader import Reader
from segprior.io.files.source import one_line
from segprior.io.shared.tiff_pages import check_whole, find_pages, interpret, orientation, quiet_log
from segprior.runtime.extras import need

__all__ = ["RasterioReader", "TiffReader", "open_tiff"]

# The largest strip or tile that is decoded, in bytes. A larger one may be a whole picture.
MAX_SEGMENT = 1 << 28


def open_tiff(path: str | os.PathLike[str], *, page: int, cache: int) -> Reader:
    """Open a TIFF with tifffile, or with rasterio where tifffile lacks the codec.

    Raises
    ------
    ImageError
        If the file is broken or can only be decoded as a whole.
    ConfigError
        If neither can decode it here.
    """
    name = os.fspath(path)
    try:
        return TiffReader(path, page=page, cache=cache)
    except ImageError:
        raise
    except NotImplementedError as error:
        lacking = one_line(error)
    except Exception as error:
        raise ImageError(f"{name}: broken TIFF ({one_line(error)}); save it again") from error
    try:
        need("rasterio", "geo")
    except ConfigError as error:
        raise ConfigError(f"{name}: {lacking}; {error}") from error
    return RasterioReader(path, page=page)


class TiffReader:
    """A page of a TIFF, or its bands on several pages, by tifffile; see `Reader`.

    Raises
    ------
    NotImplementedError
        If tifffile lacks the codec.
    """

    def __init__(self, path: str | os.PathLike[str], *, page: int, cache: int) -> None:
        import tifffile

        quiet_log()
        self.name = os.fspath(path)
        self._path = path
        self._cached: OrderedDict[tuple[int, int], NDArray[Any]] = OrderedDict()
        self._room = cache
        self._lock = threading.Lock()
        self._file = tifffile.TiffFile(self.name)
        try:
            self._pages, _ = find_pages(self._file, page, self.name)
            self._prepare()
        except BaseException:
            self._file.close()
            raise

    def _prepare(self) -> None:
        key = self._key = self._pages[0].keyframe
        stream: Any = self._file.filehandle
        for page in self._pages:
            check_whole(page, stream, self.name)
        if orientation(self._pages[0]) != 1:
            raise ImageError(f"{self.name}: stored turned; save it upright to read it in windows")
        if key.imagedepth != 1 or key.is_subsampled:
            raise NotImplementedError("a layout that tifffile reads as a whole only")
        self._contiguous = all(
            page.is_contiguous and key.bitspersample == 8 * key.dtype.itemsize
            for page in self._pages
        )
        rows, columns = key.imagelength, key.imagewidth
        self._separate = key.samplesperpixel > 1 and key.planarconfig.name == "SEPARATE"
        tile = (key.tilelength, key.tilewidth) if key.is_tiled else (key.rowsperstrip, columns)
        self._tile = (min(tile[0], rows) if not key.is_tiled else tile[0], tile[1])
        samples = 1 if self._separate else key.samplesperpixel
        if (
            not self._contiguous
            and math.prod(self._tile) * samples * key.dtype.itemsize > MAX_SEGMENT
        ):
            raise ImageError(
                f"{self.name}: compressed as one piece of {self._tile[0]} x {self._tile[1]} "
                "pixels; save it in tiles"
            )
        try:
            sample = self._raw(0, slice(0, 1), slice(0, 1))
        except (ValueError, NotImplementedError) as error:
            if "imagecodecs" in str(error) or "not supported" in str(error):
                raise NotImplementedError(one_line(error)) from error
            raise
        if key.photometric.name == "YCBCR":
            raise NotImplementedError("YCBCR colours require the 'imagecodecs' package")
        values, self.alpha, self.depth = self._interpreted([sample] * len(self._pages))
        self.shape = (rows, columns, values.shape[2])
        self.dtype = values.dtype

    alpha: Alpha
    depth: int | None
    dtype: np.dtype[Any]

    def read(self, rows: slice, columns: slice) -> NDArray[Any]:
        """See `Reader`."""
        planes = [self._raw(number, rows, columns) for number in range(len(self._pages))]
        return self._interpreted(planes)[0]

    def close(self) -> None:
        """See `Reader`."""
        self._cached.clear()
        self._file.close()

    def _interpreted(self, planes: list[NDArray[Any]]) -> tuple[NDArray[Any], Alpha, int | None]:
        values = planes[0] if len(planes) == 1 else np.concatenate(planes, axis=-1)
        flat = values[..., 0] if values.shape[2] == 1 else values
        found, alpha, depth = interpret(flat, self._key, pages=len(planes))
        return (found if found.ndim == 3 else found[..., None]), alpha, depth

    def _raw(self, number: int, rows: slice, columns: slice) -> NDArray[Any]:
        """A window of one page, (rows, columns, samples)."""
        if self._contiguous:
            return self._mapped(number, rows, columns)
        key = self._key
        samples = key.samplesperpixel
        high, wide = self._tile
        down, across = -(-key.imagelength // high), -(-key.imagewidth // wide)
        height, width = rows.stop - rows.start, columns.stop - columns.start
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

    def _mapped(self, number: int, rows: slice, columns: slice) -> NDArray[Any]:
        """A window of an uncompressed page; mapped anew each time, so that memory is given back."""
        key = self._key
        samples, pixels = key.samplesperpixel, (key.imagelength, key.imagewidth)
        shape = (samples, *pixels) if self._separate else (*pixels, samples)
        stored = np.memmap(
            self._path,
            self._file.byteorder + key.dtype.char,
            "r",
            self._pages[number].dataoffsets[0],
            shape,
        )
        if self._separate:
            stored = np.moveaxis(stored, 0, -1)
        return np.array(stored[rows, columns], key.dtype, order="C")

    def _segment(self, number: int, index: int) -> NDArray[Any]:
        """One decoded strip or tile, (rows, columns, samples), cut to the page."""
        with self._lock:
            if (number, index) in self._cached:
                self._cached.move_to_end((number, index))
                return self._cached[number, index]
            page = self._pages[number]
            stream = self._file.filehandle
            stream.seek(page.dataoffsets[index])
            data = stream.read(page.databytecounts[index])
        key = self._key
        more = {}
        if key.compression in (6, 7, 34892, 33007):  # JPEG
            more = {"jpegtables": page.jpegtables, "jpegheader": key.jpegheader}
        decoded, _, shape = key.decode(data or None, index, **more)
        if decoded is None:  # left out of a sparse file
            decoded = np.full(shape, key.nodata, key.dtype)
        segment: NDArray[Any] = decoded[0]
        with self._lock:
            if (number, index) not in self._cached:
                self._cached[number, index] = segment
                self._room -= segment.nbytes
            while self._room < 0 and len(self._cached) > 1:
                self._room += self._cached.popitem(last=False)[1].nbytes
        return segment


class RasterioReader:
    """A TIFF by rasterio, which brings the codecs of GDAL; see `Reader`."""

    def __init__(self, path: str | os.PathLike[str], *, page: int) -> None:
        import warnings

        rasterio = need("rasterio", "geo")
        self.name = os.fspath(path)
        self._window = need("rasterio.windows", "geo").Window
        self._lock = threading.Lock()
        if page:
            raise ImageError(f"{self.name}: only page 0 is read in windows with this compression")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of pictures without georeference
                self._file = rasterio.open(self.name)
        except rasterio.errors.RasterioIOError as error:
            raise ImageError(f"{self.name}: broken TIFF ({one_line(error)})") from error
        kinds = [kind.name for kind in self._file.colorinterp]
        if "palette" in kinds:
            self._file.close()
            raise ImageError(f"{self.name}: a palette with this compression; save it as RGB")
        self.shape = (self._file.height, self._file.width, self._file.count)
        self.dtype = np.dtype(self._file.dtypes[0])
        self.depth: int | None = None
        self.alpha: Alpha = "straight" if kinds[-1] == "alpha" and len(kinds) > 1 else "none"

    def read(self, rows: slice, columns: slice) -> NDArray[Any]:
        """See `Reader`."""
        with self._lock:
            values = self._file.read(window=self._window.from_slices(
                (rows.start, rows.stop), (columns.start, columns.stop)
            ))  # fmt: skip
        return np.moveaxis(values, 0, -1)

    def close(self) -> None:
        """See `Reader`."""
        self._file.close()
