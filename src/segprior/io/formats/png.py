"""PNG out: masks, label maps that can be read back, and pictures."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segprior.image.palette import palette

__all__ = ["encode_indexed", "encode_mask", "encode_png"]


def encode_mask(mask: NDArray[Any]) -> bytes:
    """Return a grey 8-bit PNG that is 255 where ``mask``, shape (H, W), is not 0."""
    return encode_png(np.where(mask != 0, np.uint8(255), np.uint8(0)))


def encode_indexed(labels: NDArray[Any]) -> bytes:
    """Return an indexed PNG whose indices are the labels, shape (H, W), from 0 to 255.

    All 256 entries of the palette are stored, whatever the labels, so that each label has the
    same colour and eight bits in every file.
    """
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
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[..., 0]
    return _bytes(Image.fromarray(np.ascontiguousarray(picture)))


def _bytes(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format="PNG")
    return stream.getvalue()
