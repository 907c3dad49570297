"""What undoes the compressions of TIFF: bytes to bytes, never more of them than a part may have."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.io.files.inflate import inflate
from segprior.io.files.unpacking import (
    by_libtiff,
    strip_by_libtiff,
    unpack_lzw,
    unpack_packbits,
)
from segprior.io.shared.pillow import check_scans

__all__ = [
    "BYTES", "JPEG", "PICTURES", "MissingCodec", "decode_picture",
    "has_imagecodecs", "undo", "who_has",
]  # fmt: skip

JPEG = (7, 34892)
_JPEG_2000 = (33004, 33005, 34712)
_WEBP = (34927, 50001)
_CCITT = (2, 3, 4)
_ZSTD = (34926, 50000)
_FILL_ORDER, _T4, _T6 = 266, 292, 293

# What programs call a compression, where tifffile's name for it is another one.
_NAMES = {
    2: "CCITT", 3: "CCITT Group 3", 4: "CCITT Group 4", 5: "LZW", 6: "old JPEG", 7: "JPEG",
    22610: "JPEG XR", 34887: "LERC", 34925: "LZMA", 34926: "Zstandard", 34927: "WebP",
    34933: "PNG", 34934: "JPEG XR", 50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL",
    52546: "JPEG XL",
} | dict.fromkeys((33003, *_JPEG_2000), "JPEG 2000")  # fmt: skip
_BY_RASTERIO = (34887,)


class MissingCodec(NotImplementedError):
    """Nothing that is installed undoes this compression; the text is for the user."""


def who_has(key: Any, detail: str = "") -> MissingCodec:
    """Say which compression a page has, and what to install for it."""
    code = int(key.compression)
    name = _NAMES.get(code) or getattr(key.compression, "name", "").replace("_", " ")
    name = f"{name} (compression {code})" if name else f"compression {code}"
    other = "segprior[geo] or " if code in _BY_RASTERIO else ""
    return MissingCodec(
        f"compressed with {name}{detail}, which needs another package; "
        f"pip install {other}imagecodecs, or save it with deflate"
    )


def _zlib(data: bytes, size: int) -> bytes:
    return inflate("zlib", data, size)


def _lzma(data: bytes, size: int) -> bytes:
    return inflate("lzma", data, size)


def _zstd(data: bytes, size: int) -> bytes:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return by_libtiff(data, size, 50000)
    found: bytes = zstd.ZstdDecompressor().decompress(data, size)
    return found


BYTES: dict[int, Callable[[bytes, int], bytes | memoryview]] = {
    5: unpack_lzw, 8: _zlib, 32946: _zlib, 50013: _zlib, 32773: unpack_packbits, 34925: _lzma,
    **dict.fromkeys(_ZSTD, _zstd),
}  # fmt: skip
"""Compressions of bytes, by number: ``(data, size) -> bytes``, at most `size` of them."""

PICTURES = (*JPEG, *_JPEG_2000, *_WEBP, *_CCITT)
"""Compressions of pictures that Pillow undoes."""


def undo(code: int, data: bytes, size: int) -> bytes | memoryview:
    """Undo a compression of bytes.

    Raises
    ------
    ValueError
        If the bytes are damaged, or there are fewer than `size`.
    """
    try:
        found = BYTES[code](data, size)
    except Exception as error:
        raise ValueError(f"damaged, {error}") from error
    if len(found) < size:
        raise ValueError(f"damaged, {len(found)} of {size} bytes are there")
    return found


def decode_picture(
    key: Any, data: bytes, shape: tuple[int, int, int], tables: bytes | None
) -> NDArray[Any]:
    """Decode a strip or tile that is a picture of its own.

    Parameters
    ----------
    key : tifffile.TiffPage
        The page whose tags count.
    data : bytes
        As stored.
    shape : (int, int, int)
        Rows, columns and samples that it may have.
    tables : bytes or None
        What the parts of a JPEG have in common.

    Returns
    -------
    ndarray of shape (rows, columns, samples)
        Stored values; YCbCr colours of JPEG are RGB already.

    Raises
    ------
    MissingCodec
        If Pillow does not decode pictures of this kind as they are.
    ValueError
        If it is damaged, or larger than it may be.
    """
    code = int(key.compression)
    if code in _CCITT:
        return _fax(key, data, shape)
    if shape[2] > 4 or (code in JPEG and shape[2] == 2):
        raise who_has(key, f" of {shape[2]} bands")
    image = _opened(key, code, data, tables)
    rows, columns, samples = shape
    if image.width != columns or image.height > rows:
        raise ValueError(
            f"damaged, a part of {image.height} x {image.width} pixels for {rows} x {columns}"
        )
    _check_mode(key, code, image, samples)
    values = np.asarray(image)
    values = values.reshape(*values.shape[:2], -1)
    if code in _WEBP and samples == 4 and values.shape[2] == 3:
        # Encoders leave out an alpha that is opaque.
        values = np.dstack([values, np.full(values.shape[:2], 255, np.uint8)])
    if values.shape[2] != samples:
        raise who_has(key, f" of {samples} bands")
    return values


def _opened(key: Any, code: int, data: bytes, tables: bytes | None) -> Any:
    if code in JPEG:
        return _jpeg(key, data, tables)
    if code in _WEBP:
        from PIL.WebPImagePlugin import WebPImageFile

        return WebPImageFile(io.BytesIO(data), None)
    from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

    if key.photometric.name == "YCBCR":
        raise who_has(key, " of YCbCr colours")
    at = data.find(b"\xff\x4f\xff\x51")
    if at < 0:
        raise ValueError("damaged, no JPEG 2000")
    bands = struct.unpack_from(">H", data, at + 40)[0]
    depths = {data[at + 42 + 3 * band] for band in range(min(bands, 4))}
    # Pillow moves other depths, and signed values, to those of 8 and 16 bits.
    if depths - {7, 15} or {key.bitspersample - 1} != depths:
        raise who_has(key, f" of {key.bitspersample} bits")
    return Jpeg2KImageFile(io.BytesIO(data), None)


def _jpeg(key: Any, data: bytes, tables: bytes | None) -> Any:
    from PIL.JpegImagePlugin import JpegImageFile

    if key.bitspersample != 8 or getattr(key, "jpegheader", None):
        raise who_has(key, f" of {key.bitspersample} bits")
    if tables:
        data = tables[: tables.rindex(b"\xff\xd9")] + data[2:]
    check_scans(data)
    image: Any = JpegImageFile(io.BytesIO(data), None)
    stored, wanted = _colours(key, image)
    tile = image.tile[0]
    image.tile = [(tile[0], tile[1], tile[2], (wanted, stored))]
    return image


def _colours(key: Any, image: Any) -> tuple[str, str]:
    """What the bytes of a JPEG in a TIFF are, and what they are to become, in Pillow's words."""
    if image.mode == "L":
        return "L", "L"
    if image.mode == "RGB":
        photometric = key.photometric.name
        if photometric == "YCBCR":
            return "YCbCr", "RGB"
        # The tag counts, not what decoders guess; but there are RGB files with a JFIF header.
        jfif = "jfif" in image.info and photometric == "RGB"
        return ("YCbCr" if jfif else "RGB"), "RGB"
    return "CMYK", "CMYK"


def _check_mode(key: Any, code: int, image: Any, samples: int) -> None:
    modes = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4, "I;16": 1}
    found = modes.get(image.mode)
    same = found == samples or (code in _WEBP and (found, samples) == (3, 4))
    deep = image.mode == "I;16"
    if not same or deep != (key.bitspersample == 16) or key.dtype.kind != "u":
        raise who_has(key, f" of {samples} bands of {key.bitspersample} bits")


def _fax(key: Any, data: bytes, shape: tuple[int, int, int]) -> NDArray[Any]:
    rows, columns, samples = shape
    if samples != 1 or key.bitspersample != 1:
        raise who_has(key, f" of {samples} bands of {key.bitspersample} bits")
    tags = [(_FILL_ORDER, int(key.fillorder))]
    tags += [(tag, int(key.tags[tag].value)) for tag in (_T4, _T6) if tag in key.tags]
    bits = strip_by_libtiff(
        data, int(key.compression), rows=rows, columns=columns, bits=1, tags=tags
    )
    return bits[..., None]


def has_imagecodecs() -> bool:
    """Whether tifffile can undo the other compressions."""
    return find_spec("imagecodecs") is not None
