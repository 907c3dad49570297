"""One door for images in, and the few things that every module does with them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ConfigError, ImageError
from segprior.image.values import blocks, composite, to_unit
from segprior.io.decode import KNOWN
from segprior.io.inputs import channels_last, other_axis, take_pixels

__all__ = [
    "IMAGE_SUFFIXES",
    "MAX_PIXELS",
    "MIN_SIDE",
    "as_image",
    "is_flat",
    "list_images",
    "resize",
    "to_rgb",
    "to_uint8",
    "working_shape",
]

# Less than one level of a 16-bit image (1.5e-5), more than what resizing adds to a constant one.
_SAME_COLOUR = 1e-6

IMAGE_SUFFIXES = (
    ".bmp", ".gif", ".jpeg", ".jpg", ".npy", ".png", ".tif", ".tiff", ".webp",
)  # fmt: skip
MAX_PIXELS = 64_000_000
MIN_SIDE = 8


def as_image(
    source: Any,
    *,
    channel_axis: int | None = -1,
    page: int | None = None,
    alpha: Literal["drop", "composite", "keep"] = "drop",
    background: float | Sequence[float] = 1.0,
    value_range: tuple[float, float] | None = None,
    max_pixels: int | None = MAX_PIXELS,
) -> NDArray[np.float32]:
    """Turn whatever holds an image into one kind of array.

    Parameters
    ----------
    source : str, path-like, bytes, file object, PIL.Image.Image, ndarray or torch.Tensor
        A PNG, JPEG, WebP, BMP, GIF, TIFF or ``.npy`` file, told by its content and not by its
        name, the folder of a Zarr array (with the extra ``zarr``), or numbers of shape (H, W) or
        (H, W, C). Palettes and CMYK become RGB, and photographs are turned upright as their EXIF
        data say.
    channel_axis : int or None
        Axis of an array, tensor or ``.npy`` file that holds the channels; None accepts grey
        images only, which have no such axis. Arrays of two axes are grey in any case. Pictures
        know their axis themselves, for which -1 stands. A TIFF of several grey pages is read as
        one array if 0, 1 or 2 is given, and page by page at -1.
    page : int, optional
        Which page of a TIFF, or frame of an animation, from 0; the first if not given.
    alpha : {"drop", "composite", "keep"}
        What becomes of a transparency channel: left out, laid over ``background``, or kept as
        one more channel. Arrays and tensors do not tell the meaning of their channels, so that
        ``"drop"`` keeps all of them, and ``"composite"`` takes the last of 2 or 4 for alpha.
    background : float or sequence of float
        Colour to lay a transparent image over, in [0, 1]; white by default.
    value_range : (float, float), optional
        Stored values that become 0 and 1; what lies beyond is clipped. For example ``(0, 4095)``
        for 12 bits that a 16-bit file does not declare. See Notes for the default.
    max_pixels : int or None
        Refuse to decode a picture with more pixels; None sets no limit. Arrays and tensors, in
        memory already, are not refused.

    Returns
    -------
    ndarray of float32, shape (H, W, C)
        C-contiguous, in [0, 1], every side at least 8. It shares memory with ``source`` if that
        is such an array already.

    Raises
    ------
    ImageError
        If the source cannot be read, is not an image, has a side below 8 pixels, too many
        pixels, values that are not finite, or its channels elsewhere.
    ConfigError
        If an option is not valid.

    Notes
    -----
    Booleans become 0 and 1. 8-bit and 16-bit unsigned integers are divided by the largest number
    that their depth can hold: 255, 65535, or 4095 where a file declares 12 bits. Floats in
    [0, 1] are kept; an excess of up to 1e-5 is taken for rounding and clipped. Other floats, and
    signed, 32-bit and 64-bit integers, which have no customary range, are kept in the same way if
    they lie in [0, 1], and otherwise the smallest value of all channels together becomes 0
    and the largest 1.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((8, 10), 255, np.uint8)
    >>> as_image(grey).shape, float(as_image(grey).max())
    ((8, 10, 1), 1.0)
    >>> as_image(np.zeros((3, 8, 10)), channel_axis=0).shape
    (8, 10, 3)
    """
    _check_options(channel_axis, page, alpha, value_range, max_pixels)
    pixels = take_pixels(source, page=page, channel_axis=channel_axis, max_pixels=max_pixels)
    values = channels_last(pixels, channel_axis)
    rows, columns, channels = values.shape
    if min(rows, columns) < MIN_SIDE:
        raise ImageError(
            f"{pixels.name}: {rows} x {columns} pixels; every side must have at least "
            f"{MIN_SIDE}{other_axis(pixels, channel_axis, MIN_SIDE)}"
        )
    if channels == 0:
        raise ImageError(f"{pixels.name}: shape {values.shape} has no channel; pass at least one")
    kind = pixels.alpha
    if alpha == "composite" and pixels.stored_axis is None and channels in (2, 4):
        kind = "straight"
    if kind != "none" and alpha == "drop":
        values = values[..., :-1]
    unit = to_unit(values, pixels.name, depth=pixels.depth, value_range=value_range)
    if kind == "none" or alpha != "composite":
        return unit
    return composite(unit, background, premultiplied=kind == "premultiplied")


def _check_options(
    channel_axis: object, page: object, alpha: object, value_range: Any, max_pixels: object
) -> None:
    axis_given = isinstance(channel_axis, int | np.integer)
    if channel_axis is not None and not (axis_given and channel_axis in range(-3, 3)):
        raise ConfigError(f"got channel_axis={channel_axis!r}; pass -1, 0, 1, 2 or None")
    for name, value, least in (("page", page, 0), ("max_pixels", max_pixels, 1)):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if value is not None and not (whole and value >= least):  # type: ignore[operator]
            raise ConfigError(f"got {name}={value!r}; pass a whole number from {least} on, or None")
    if alpha not in ("drop", "composite", "keep"):
        raise ConfigError(f"got alpha={alpha!r}; choose 'drop', 'composite' or 'keep'")
    if value_range is not None:
        low, high = value_range
        if not -np.inf < low < high < np.inf:
            raise ConfigError(f"got value_range={value_range!r}; pass a lower and a higher number")


def resize(image: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Change the number of rows and columns.

    Each side is interpolated linearly, over a width of two output pixels where it shrinks, so
    that every input pixel counts and nothing is aliased, and over two input pixels where it
    grows. The weights are positive and sum to 1: values stay within those of the input, and
    flat areas are exact. Box means, the alternative, weigh input pixels unevenly at ratios that
    are not whole numbers.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        Any values, any number of channels.
    shape : (int, int)
        Rows and columns wanted.

    Returns
    -------
    ndarray of float32, shape (rows, columns, C)
        ``image`` itself if it has that size already.
    """
    rows, columns = shape
    if image.shape[:2] == (rows, columns):
        return image
    result = np.empty((rows, columns, image.shape[2]), np.float32)
    for channel in range(image.shape[2]):  # one at a time, to need memory for one
        plane = Image.fromarray(np.ascontiguousarray(image[..., channel], np.float32))
        result[..., channel] = np.asarray(plane.resize((columns, rows), Image.Resampling.BILINEAR))
    return result


def working_shape(shape: Sequence[int], working_size: int | None) -> tuple[int, int]:
    """Rows and columns at which an image is worked on.

    Parameters
    ----------
    shape : sequence of int
        Shape of the image, (H, W) or (H, W, C).
    working_size : int or None
        Longest side wanted; None is no limit.

    Returns
    -------
    (int, int)
        ``shape[:2]`` if its longest side is not above ``working_size``; otherwise reduced to it
        at the same aspect, but to no side below 8.

    Examples
    --------
    >>> working_shape((321, 481), 160)
    (107, 160)
    """
    rows, columns = shape[0], shape[1]
    longest = max(rows, columns)
    if working_size is None or longest <= working_size:
        return rows, columns
    scale = working_size / longest
    return max(MIN_SIDE, round(rows * scale)), max(MIN_SIDE, round(columns * scale))


def is_flat(image: NDArray[np.float32]) -> bool:
    """Whether an image (H, W, C) in [0, 1] is of one colour, up to rounding."""
    return bool(np.ptp(image, axis=(0, 1)).max() <= _SAME_COLOUR)


def list_images(folder: str | os.PathLike[str]) -> list[Path]:
    """Find the images of a folder by their suffixes, without its subfolders and hidden files.

    Returns
    -------
    list of pathlib.Path
        Sorted by name.

    Raises
    ------
    ImageError
        If it is not a folder, cannot be read, or holds no image.
    """
    folder = Path(folder)
    try:
        found = [path for path in folder.iterdir() if path.is_file()]
    except OSError as error:
        reason = error.strerror or error
        raise ImageError(f"cannot list {folder}: {reason}; name a folder of images") from error
    images = [
        path
        for path in sorted(found)
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
    ]
    if not images:
        raise ImageError(f"no images in {folder}; put {KNOWN} files there")
    return images


def to_uint8(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Bring an image to 8 bits, rounded.

    Parameters
    ----------
    image : ndarray of float, bool, uint8 or uint16, any shape
        Floats are clipped to [0, 1].

    Returns
    -------
    ndarray of uint8
        0 to 255; ``image`` itself if it is of that type. The inverse of :func:`as_image` for
        8-bit images.
    """
    if image.dtype == np.uint8:
        return image
    scale = {"b": 255.0, "u": 255 / 65535}.get(image.dtype.kind, 255.0)
    result = np.empty(image.shape, np.uint8)
    for block in blocks(image.shape):
        part = np.multiply(image[block], scale, dtype=np.float32)
        np.rint(np.clip(part, 0, 255, out=part), out=result[block], casting="unsafe")
    return result


def to_rgb(image: NDArray[Any]) -> NDArray[Any]:
    """Make an image of any number of channels visible.

    Parameters
    ----------
    image : ndarray of shape (H, W) or (H, W, C)
        One channel is shown as grey, two as red and green with their mean as blue, and of three
        or more the first three are red, green and blue.

    Returns
    -------
    ndarray of shape (H, W, 3)
        Of the same dtype; may be a view.
    """
    if image.ndim == 2:
        image = image[..., np.newaxis]
    channels = image.shape[2]
    if channels == 1:
        return np.broadcast_to(image, (*image.shape[:2], 3))
    if channels == 2:
        mean = image.mean(axis=2, keepdims=True, dtype=np.float64).astype(image.dtype)
        return np.concatenate([image, mean], axis=2)
    return image[..., :3]
