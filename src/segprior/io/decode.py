"""From a file, by its first bytes, or from a Pillow image to numbers.

What a file is called does not count. Pillow's readers are called directly rather than through
``Image.open``, because that applies a pixel limit of its own, which is global to the process.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ImageError
from segprior.io.files.pixels import Alpha, Pixels, check_page, check_pixels, orient
from segprior.io.files.source import one_line, open_source
from segprior.io.formats.npy import read_npy
from segprior.io.formats.tiff import read_tiff
from segprior.io.formats.zarr_arrays import ZarrReader, is_zarr
from segprior.messages import Setting

__all__ = ["KNOWN", "from_pillow", "read_pixels"]

KNOWN = "PNG, JPEG, WebP, BMP, GIF, TIFF or .npy"

_EXIF_ORIENTATION = 0x0112


def read_pixels(
    source: object,
    *,
    page: int | None = None,
    channel_axis: int | None = -1,
    max_pixels: int | None = None,
    indices: bool = False,
) -> Pixels:
    """Decode a file of any kind that segprior knows.

    Parameters
    ----------
    source : str, path-like, bytes, bytearray, memoryview or binary file object
        The file.
    page : int, optional
        Which of several pages or frames, from 0; the first if not given.
    channel_axis : int or None
        As the user asked for it. A TIFF of several pages is read as one array with its bands on
        this axis if it is not -1.
    max_pixels : int, optional
        Refuse a picture with more pixels, before it is decoded.
    indices : bool
        Leave a picture with a palette as its indices.

    Raises
    ------
    ImageError
        If the file cannot be opened or decoded, or has too many pixels or not that page.
    """
    if is_zarr(source):
        return _read_zarr(source, page, channel_axis, max_pixels)
    with open_source(source) as (stream, name):
        kind = _kind(stream)
        if kind is None:
            raise ImageError(f"{name}: not a picture that can be read; use {KNOWN}")
        with _decoding(name, kind):
            if kind == "npy":
                check_page(page, 1, name)
                pixels = read_npy(stream, name, channel_axis, max_pixels)
            elif kind == "TIFF":
                pixels = read_tiff(
                    stream, name, page=page, channel_axis=channel_axis, max_pixels=max_pixels,
                    indices=indices, fallback=_read_pillow,
                )  # fmt: skip
            else:
                pixels = _read_pillow(kind, stream, name, page, max_pixels, indices)
            return dataclasses.replace(pixels, kind=kind)


def _read_zarr(
    source: Any, page: int | None, channel_axis: int | None, max_pixels: int | None
) -> Pixels:
    reader = ZarrReader(source, page=page, channel_axis=channel_axis)
    rows, columns, _ = reader.shape
    check_pixels(rows, columns, max_pixels, reader.name)
    values = reader.read(slice(0, rows), slice(0, columns))
    return Pixels(values=values, name=reader.name, stored_axis=2, kind="Zarr")


@contextmanager
def _decoding(name: str, kind: str) -> Iterator[None]:
    try:
        yield
    except ImageError:
        raise
    except Image.DecompressionBombError as error:  # from a reader that applies the limit itself
        raise ImageError(
            f"{name}: {one_line(error)}",
            cure=(
                "reduce the picture, or raise ",
                Setting("max_pixels"),
                " and PIL.Image.MAX_IMAGE_PIXELS",
            ),
        ) from error
    # Decoders meet broken and hostile bytes with every kind of exception.
    except Exception as error:
        raise ImageError(
            f"{name}: broken {kind} ({one_line(error)}); save or copy it again"
        ) from error


def _kind(stream: BinaryIO) -> str | None:
    head = stream.read(16)
    stream.seek(0)
    signatures = {
        b"\x89PNG\r\n\x1a\n": "PNG",
        b"\xff\xd8\xff": "JPEG",
        b"GIF87a": "GIF",
        b"GIF89a": "GIF",
        b"BM": "BMP",
        b"II*\0": "TIFF",
        b"MM\0*": "TIFF",
        b"II+\0": "TIFF",
        b"MM\0+": "TIFF",
        b"\x93NUMPY": "npy",
    }
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    return next((kind for start, kind in signatures.items() if head.startswith(start)), None)


def _read_pillow(
    kind: str,
    stream: BinaryIO,
    name: str,
    page: int | None,
    max_pixels: int | None,
    indices: bool,
) -> Pixels:
    from PIL import (
        BmpImagePlugin,
        GifImagePlugin,
        JpegImagePlugin,
        PngImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )

    readers: dict[str, Any] = {
        "PNG": PngImagePlugin.PngImageFile,
        "JPEG": JpegImagePlugin.jpeg_factory,
        "GIF": GifImagePlugin.GifImageFile,
        "BMP": BmpImagePlugin.BmpImageFile,
        "TIFF": TiffImagePlugin.TiffImageFile,
        "WebP": WebPImagePlugin.WebPImageFile,
    }
    image = readers[kind](stream, None)
    tiles = image.tile
    if kind == "PNG" and len(tiles) == 1 and tiles[0][3] in _LOW_BYTES and not page:
        check_pixels(image.height, image.width, max_pixels, name)
        stream.seek(0)
        return _read_deep_png(image, readers["PNG"](stream, None), name)
    return _from_pillow(image, name, page, max_pixels, indices)


def from_pillow(
    image: Image.Image, *, page: int | None = None, max_pixels: int | None = None
) -> Pixels:
    """Take the numbers out of a Pillow image of any mode, upright as its EXIF data say.

    Raises
    ------
    ImageError
        If it cannot be decoded, or has too many pixels or not that page.
    """
    name = getattr(image, "filename", "") or "the Pillow image"
    with _decoding(name, "image"):
        return _from_pillow(image, name, page, max_pixels, indices=False)


def _from_pillow(
    image: Image.Image, name: str, page: int | None, max_pixels: int | None, indices: bool
) -> Pixels:
    check_pixels(image.height, image.width, max_pixels, name)
    if page is not None:
        check_page(page, getattr(image, "n_frames", 1), name)
        image.seek(page)
    image.load()
    indexed = indices and image.mode == "P"
    mode, alpha = _plain_mode(image, indexed)
    values = np.asarray(image if mode == image.mode else image.convert(mode))
    if image.mode == "I" and image.format == "PNG":
        # Older Pillow gives 16-bit grey PNG files this 32-bit mode.
        values = values.astype(np.uint16)
    return Pixels(
        values=_upright(values, image), name=name, stored_axis=2, alpha=alpha,
        depth=_declared_depth(image), indexed=indexed,
    )  # fmt: skip


def _plain_mode(image: Image.Image, indexed: bool) -> tuple[str, Alpha]:
    """Name the mode whose numbers mean what they say, and its kind of transparency."""
    mode = image.mode
    if indexed:
        return mode, "none"
    if mode in ("1", "L", "RGB", "P") and "transparency" in image.info:
        return ("LA" if mode in ("1", "L") else "RGBA"), "straight"
    if mode in ("LA", "RGBA"):
        return mode, "straight"
    if mode in ("La", "PA", "RGBa"):
        return ("LA" if mode == "La" else "RGBA"), "straight"
    if mode in ("1", "L", "RGB", "I", "F") or mode.startswith("I;16"):
        return mode, "none"
    if mode == "RGBX" and image.format == "TIFF":
        return mode, "none"  # four bands, the last without a declared meaning
    return "RGB", "none"


def _declared_depth(image: Image.Image) -> int | None:
    """Tell a TIFF of, say, 12 bits, whose values Pillow leaves as they are."""
    tags = getattr(image, "tag_v2", None)
    if tags is None or not image.mode.startswith("I;16"):
        return None
    bits = tags.get(258, (16,))
    return int(bits[0] if isinstance(bits, tuple) else bits)


def _upright(values: NDArray[Any], image: Image.Image) -> NDArray[Any]:
    """Apply the EXIF orientation as a view, which costs no second picture."""
    try:
        orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
    except (SyntaxError, ValueError, TypeError, KeyError, OSError, struct.error):
        return values  # a photograph with broken EXIF data is still a photograph
    return orient(values, orientation)


# Pillow keeps only the high byte of 16-bit colour PNG files. Reading such a file a second time as
# if its bytes were swapped gives the low bytes; grey with alpha fits into four 8-bit channels.
_LOW_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L", "LA;16B": "RGBA"}


def _read_deep_png(image: Any, again: Any, name: str) -> Pixels:
    rawmode = image.tile[0][3]
    swapped = (*again.tile[0][:3], _LOW_BYTES[rawmode])
    again.tile = [swapped]
    if rawmode == "LA;16B":
        quads = np.asarray(again)
        values = quads[..., 0::2].astype(np.uint16) << 8 | quads[..., 1::2]
    else:
        values = np.asarray(image).astype(np.uint16)
        values <<= 8
        values |= np.asarray(again)
    alpha: Alpha = "none" if rawmode == "RGB;16B" else "straight"
    return Pixels(values=_upright(values, again), name=name, stored_axis=2, alpha=alpha)
