"""Windows of a TIFF by rasterio, for the compressions of GDAL that nothing else here undoes."""

from __future__ import annotations

import os
import threading
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.files.pixels import Alpha
from segprior.io.files.source import one_line
from segprior.io.shared.tiff_codecs import MissingCodec
from segprior.io.shared.tiff_pages import (
    interpret,
    no_data,
    orientation,
    outer_axes,
    quiet_log,
)
from segprior.runtime.extras import need

__all__ = ["RasterioReader"]

# GDAL turns these into RGBA itself.
_TURNED = ("YCBCR", "CIELAB")


class RasterioReader:
    """The first page of a TIFF, its numbers by rasterio, their meaning by its tags; see `Reader`.

    Raises
    ------
    MissingCodec
        If rasterio cannot decode it either.
    ImageError
        If it is broken, or another page is asked for.
    """

    def __init__(self, path: str | os.PathLike[str], *, page: int) -> None:
        import tifffile

        rasterio = need("rasterio", "geo")
        self.name = os.fspath(path)
        self._window = need("rasterio.windows", "geo").Window
        self._lock = threading.Lock()
        if page:
            raise ImageError(f"{self.name}: only page 0 is read in windows with this compression")
        quiet_log()
        with tifffile.TiffFile(self.name) as tiff:
            key: Any = tiff.pages[0]
            self.outer = outer_axes(tiff, self.name)
        self._key = key
        self.nodata = None if key.photometric.name in _TURNED else no_data(key)
        if orientation(self._key) != 1:
            raise ImageError(f"{self.name}: stored turned; save it upright to read it in windows")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of pictures without georeference
                # Files beside it may name others, and other drivers may go elsewhere.
                with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
                    self._file = rasterio.open(self.name, driver="GTiff")
        except rasterio.errors.RasterioIOError as error:
            if "missing codec" in str(error):
                raise MissingCodec(one_line(error)) from error
            raise ImageError(f"{self.name}: broken TIFF ({one_line(error)})") from error
        photometric = self._key.photometric.name
        self._turned = photometric in _TURNED
        # Inks of 8 bits come as RGBA too, without what there may be beside the inks.
        self._mixed = photometric == "SEPARATED" and self._file.colorinterp[0].name == "red"
        if self._mixed and (self._key.samplesperpixel > 4 or self._key.dtype != np.uint8):
            raise ImageError(
                f"{self.name}: inks other than four of 8 bits with this compression; save it with "
                "deflate"
            )
        sample = np.zeros((1, 1, self._file.count), self._file.dtypes[0])
        values, self.alpha, self.depth = self._interpreted(sample)
        self.shape = (self._file.height, self._file.width, values.shape[2])
        self.dtype = values.dtype

    alpha: Alpha
    depth: int | None

    def _interpreted(self, values: NDArray[Any]) -> tuple[NDArray[Any], Alpha, int | None]:
        if self._mixed:
            return values[..., :3], "none", None
        if self._turned:
            return values, "straight" if values.shape[2] == 4 else "none", None
        return interpret(values, self._key, pages=1)

    def read(self, rows: slice, columns: slice) -> NDArray[Any]:
        """See `Reader`."""
        try:
            with self._lock:
                values = self._file.read(window=self._window.from_slices(
                    (rows.start, rows.stop), (columns.start, columns.stop)
                ))  # fmt: skip
        except Exception as error:
            raise ImageError(
                f"{self.name}: broken TIFF ({one_line(error.__cause__ or error)}); "
                "save or copy it again"
            ) from error
        return self._interpreted(np.moveaxis(values, 0, -1))[0]

    def close(self) -> None:
        """See `Reader`."""
        self._file.close()
