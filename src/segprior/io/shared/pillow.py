"""Pictures in and out through Pillow.

Its readers are called directly rather than through ``Image.open``, because that applies a pixel
limit of its own, which is global to the process.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError, OutputError, SegpriorError
from segprior.image.colour import to_uint8
from segprior.io.files.budget import check_values
from segprior.io.files.pixels import Alpha, Pixels, check_page, check_pixels, orient
from segprior.io.files.source import one_line
from segprior.io.format import Reading
from segprior.messages import Setting

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "check_picture",
    "check_scans",
    "decoding",
    "encode_pillow",
    "from_pillow",
    "read_pillow",
    "upright",
]

_EXIF_ORIENTATION = 0x0112
# A progressive JPEG has some ten, for each of the pictures in its file.
_MOST_SCANS = 500


@contextmanager
def decoding(name: str, kind: str) -> Iterator[None]:
    """Turn whatever a decoder raises into the one line that a user gets.

    Raises
    ------
    ImageError
        If anything else than an error of segprior was raised, or than that memory is short.
    """
    try:
        yield
    except (MemoryError, SegpriorError):
        raise
    # Decoders meet broken and hostile bytes with every kind of exception.
    except Exception as error:
        from PIL.Image import DecompressionBombError

        if isinstance(error, DecompressionBombError):  # of a reader that applies the limit itself
            raise ImageError(
                f"{name}: {one_line(error)}",
                cure=(
                    "reduce the picture, or raise ",
                    Setting("max_pixels"),
                    " and PIL.Image.MAX_IMAGE_PIXELS",
                ),
            ) from error
        raise ImageError(
            f"{name}: broken {kind} ({one_line(error)}); save or copy it again"
        ) from error


def from_pillow(
    image: Image.Image,
    *,
    page: int | None = None,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
) -> Pixels:
    """Take the numbers out of a Pillow image of any mode, upright as its EXIF data say.

    Raises
    ------
    ImageError
        If it cannot be decoded, or has too many pixels or not that page.
    """
    name = getattr(image, "filename", "") or "the Pillow image"
    with decoding(name, "image"):
        reading = Reading(page=page, max_pixels=max_pixels, max_bytes=max_bytes)
        return read_pillow(image, name, reading)


def read_pillow(image: Image.Image, name: str, reading: Reading) -> Pixels:
    """Decode what one of Pillow's readers has opened.

    Raises
    ------
    ImageError
        If it has too many pixels or not that page.
    """
    check_picture(image, name, reading)
    count = getattr(image, "n_frames", 1)
    if reading.page is not None:
        check_page(reading.page, count, name)
        image.seek(reading.page)
    image.load()
    indexed = reading.indices and image.mode == "P"
    mode, alpha = _plain_mode(image, indexed)
    values = np.asarray(image if mode == image.mode else image.convert(mode))
    if image.mode == "I" and image.format == "PNG":
        # Older Pillow gives 16-bit grey PNG files this 32-bit mode.
        values = values.astype(np.uint16)
    return Pixels(
        values=upright(values, image), name=name, stored_axis=2, alpha=alpha,
        depth=_declared_depth(image), indexed=indexed,
        outer=(("I", count),) if count > 1 else (),
    )  # fmt: skip


def check_picture(image: Image.Image, name: str, reading: Reading) -> None:
    """Refuse a picture above one of the limits, before it is decoded.

    Raises
    ------
    ImageError
        If it has too many pixels, or takes too many bytes.
    """
    check_pixels(image.height, image.width, reading.max_pixels, name)
    shape = (image.height, image.width, len(image.getbands()))
    check_values(shape, 4 if image.mode in ("I", "F") else 2, reading.max_bytes, name)


def check_scans(data: bytes) -> None:
    """Refuse a JPEG that goes over its picture so often that it would take minutes.

    Raises
    ------
    ValueError
        If there are more scans than any encoder makes.
    """
    # Within a scan this byte is followed by another one, so that this counts scans.
    scans = data.count(b"\xff\xda")
    if scans > _MOST_SCANS:
        raise ValueError(f"{scans} scans, more than {_MOST_SCANS}")


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


def upright(values: NDArray[Any], image: Image.Image) -> NDArray[Any]:
    """Apply the EXIF orientation as a view, which costs no second picture."""
    try:
        orientation = image.getexif().get(_EXIF_ORIENTATION, 1)
    except (SyntaxError, ValueError, TypeError, KeyError, OSError, struct.error):
        return values  # a photograph with broken EXIF data is still a photograph
    return orient(values, orientation)


def encode_pillow(picture: NDArray[Any], kind: str, suffix: str, **options: object) -> bytes:
    """Return the bytes of a picture of 8 bits, rounded from floats.

    Parameters
    ----------
    picture : ndarray of shape (H, W) or (H, W, C)
        With channels that the format can hold.
    kind : str
        What Pillow calls the format.
    suffix : str
        For the message.
    **options
        As Pillow's writer takes them.

    Raises
    ------
    OutputError
        If the format does not hold so many rows or columns.
    """
    from PIL import Image

    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[..., 0]
    stream = io.BytesIO()
    try:
        Image.fromarray(np.ascontiguousarray(to_uint8(picture))).save(stream, kind, **options)
    except (OSError, ValueError) as error:  # WebP ends at 16383 pixels a side, JPEG at 65535
        size = f"{picture.shape[0]} x {picture.shape[1]}"
        raise OutputError(f"cannot save {size} pixels as {suffix!r}; use .png or .tif") from error
    return stream.getvalue()
