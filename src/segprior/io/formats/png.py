"""PNG in and out: pictures, masks, and label maps that can be read back."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from segprior.image.colour import to_uint8
from segprior.image.palette import palette
from segprior.io.files.pixels import Alpha, Pixels
from segprior.io.format import Format, Reading, Target
from segprior.io.shared.pillow import check_picture, read_pillow, upright

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["FORMAT", "encode_indexed", "encode_mask", "encode_png"]

# Pillow keeps only the high byte of 16-bit colour PNG files. Reading such a file a second time as
# if its bytes were swapped gives the low bytes; grey with alpha fits into four 8-bit channels.
_LOW_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L", "LA;16B": "RGBA"}


def encode_mask(mask: NDArray[Any]) -> bytes:
    """Return a grey 8-bit PNG that is 255 where ``mask``, shape (H, W), is not 0."""
    return encode_png(np.where(mask != 0, np.uint8(255), np.uint8(0)))


def encode_indexed(labels: NDArray[Any]) -> bytes:
    """Return an indexed PNG whose indices are the labels, shape (H, W), from 0 to 255.

    All 256 entries of the palette are stored, whatever the labels, so that each label has the
    same colour and eight bits in every file.
    """
    from PIL import Image

    rows, columns = labels.shape
    image = Image.frombytes("P", (columns, rows), labels.astype(np.uint8).tobytes())
    image.putpalette(palette().tobytes())
    return _bytes(image)


def encode_png(picture: NDArray[Any]) -> bytes:
    """Return a PNG of numbers as they are.

    Parameters
    ----------
    picture : ndarray of uint8 or uint16
        Shape (H, W) for grey, and with 8 bits (H, W, 1), (H, W, 3) or (H, W, 4) for grey, RGB
        and RGBA.
    """
    from PIL import Image

    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[..., 0]
    return _bytes(Image.fromarray(np.ascontiguousarray(picture)))


def _bytes(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format="PNG")
    return stream.getvalue()


def _picture(picture: NDArray[Any], suffix: str) -> bytes:
    deep = picture.dtype == np.uint16 and (picture.ndim == 2 or picture.shape[2] == 1)
    return encode_png(picture if deep else to_uint8(picture))


def _labels(labels: NDArray[Any], target: Target) -> bytes:
    if target.mask:
        return encode_mask(labels)
    return encode_indexed(labels) if target.largest < 256 else encode_png(labels.astype(np.uint16))


def _read(stream: BinaryIO, name: str, reading: Reading) -> Pixels:
    from PIL.PngImagePlugin import PngImageFile

    image = PngImageFile(stream, None)
    tiles = image.tile
    if len(tiles) == 1 and tiles[0][3] in _LOW_BYTES and not reading.page:
        check_picture(image, name, reading)
        stream.seek(0)
        return _read_deep(image, PngImageFile(stream, None), name)
    return read_pillow(image, name, reading)


def _read_deep(image: Any, again: Any, name: str) -> Pixels:
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
    return Pixels(values=upright(values, again), name=name, stored_axis=2, alpha=alpha)


FORMAT = Format(
    name="png",
    title="PNG",
    suffixes=(".png",),
    rank=0,
    recognises=lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"),
    read=_read,
    encode_picture=_picture,
    channels=(1, 3, 4),
    encode_labels=_labels,
    largest=2**16 - 1,
)
