"""One door for images in, and the few things that every module does with them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segprior.config.checks import MAX_PIXELS
from segprior.errors import ConfigError, ImageError
from segprior.image.resize import MIN_SIDE
from segprior.image.values import composite, to_unit
from segprior.io.inputs import channels_last, other_axis, take_pixels
from segprior.io.registry import endings, known
from segprior.messages import NOTHING

__all__ = ["MAX_PIXELS", "as_image", "image_suffixes", "list_images"]


def as_image(
    source: Any,
    *,
    channel_axis: int | None = -1,
    page: int | None = None,
    alpha: Literal["drop", "composite", "keep"] = "drop",
    background: float | Sequence[float] = 1.0,
    value_range: tuple[float, float] | None = None,
    max_pixels: int | None = MAX_PIXELS,
    max_bytes: int | None = None,
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
    max_bytes : int, optional
        Refuse a file that would take more memory, as it is stored and as floats, all its channels
        counted; a quarter of the memory there is by default. It is checked before anything is
        decoded, and no more is decoded than the file has declared.

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
    _check_options(channel_axis, page, alpha, value_range, max_pixels, max_bytes)
    pixels = take_pixels(
        source, page=page, channel_axis=channel_axis, max_pixels=max_pixels, max_bytes=max_bytes
    )  # fmt: skip
    values = channels_last(pixels, channel_axis)
    rows, columns, channels = values.shape
    if min(rows, columns) < MIN_SIDE:
        raise ImageError(
            f"{pixels.name}: {rows} x {columns} pixels; every side must have at least {MIN_SIDE}",
            *other_axis(pixels, channel_axis, MIN_SIDE),
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
    channel_axis: object,
    page: object,
    alpha: object,
    value_range: Any,
    max_pixels: object,
    max_bytes: object,
) -> None:
    axis_given = isinstance(channel_axis, int | np.integer)
    if channel_axis is not None and not (axis_given and channel_axis in range(-3, 3)):
        raise ConfigError(
            option="channel_axis", got=channel_axis, cure=("pass -1, 0, 1, 2 or ", NOTHING)
        )
    numbers = (("page", page, 0), ("max_pixels", max_pixels, 1), ("max_bytes", max_bytes, 1))
    for name, value, least in numbers:
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if value is not None and not (whole and value >= least):  # type: ignore[operator]
            raise ConfigError(
                option=name,
                got=value,
                cure=(f"pass a whole number from {least} on, or ", NOTHING),
            )
    if alpha not in ("drop", "composite", "keep"):
        raise ConfigError(option="alpha", got=alpha, cure="choose 'drop', 'composite' or 'keep'")
    if value_range is not None:
        low, high = value_range
        if not -np.inf < low < high < np.inf:
            raise ConfigError(
                option="value_range", got=value_range, cure="pass a lower and a higher number"
            )


def image_suffixes() -> tuple[str, ...]:
    """Return the suffixes of the files that are taken for images, in their order."""
    return tuple(sorted(endings(lambda format: format.read is not None)))


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
    suffixes = image_suffixes()
    images = [
        path
        for path in sorted(found)
        if path.suffix.lower() in suffixes and not path.name.startswith(".")
    ]
    if not images:
        raise ImageError(f"no images in {folder}; put {known()} files there")
    return images
