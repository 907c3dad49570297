"""One door for images in, and the few things that every module does with them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from segprior.config.checks import MAX_PIXELS
from segprior.errors import ConfigError, ImageError
from segprior.image.spread import ValueRange
from segprior.io.files.axes import read_axes
from segprior.io.meaning import AlphaUse, NoData
from segprior.io.planes import Planes, Projection
from segprior.io.registry import endings, known
from segprior.messages import NOTHING, Setting

__all__ = [
    "MAX_PIXELS", "READING", "as_image", "check_reading", "image_suffixes", "list_images",
    "open_planes", "reading_of",
]  # fmt: skip

READING = (
    "axes", "page", "project", "alpha", "background", "value_range", "nodata", "max_pixels",
    "max_bytes",
)  # fmt: skip
"""What says how an image is read, beside ``channel_axis``; see `as_image`."""


def as_image(
    source: Any,
    *,
    channel_axis: int | None = -1,
    axes: str | None = None,
    page: int | None = None,
    project: Projection | None = None,
    alpha: AlphaUse = "auto",
    background: float | Sequence[float] = 1.0,
    value_range: ValueRange = "auto",
    nodata: NoData = "auto",
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
        one array if 0, 1 or 2 is given, and page by page at -1. At -1 an array is refused whose
        rows (or columns) are at most half as many as columns and channels; 2 says that it is meant
        so.
    axes : str, optional
        A letter for each axis of an array, ``.npy`` file, TIFF or Zarr array, in their order: Y for
        rows, X for columns, C for channels, and any others, such as T and Z, for what there are
        planes of. Files that name their axes need none.
    page : int, optional
        Which of several planes: page of a TIFF, frame of an animation, place along all axes but
        rows, columns and channels together, from 0, the last axis varying fastest.
    project : {"max", "mean"}, optional
        Join all planes into one image: the largest of each value, or their mean.
    alpha : {"auto", "drop", "composite", "keep", "only"}
        What becomes of a transparency channel: left out, laid over ``background``, kept as
        one more channel, or taken for the image. ``"auto"`` leaves it out, and with it, as pixels
        without data, what is wholly transparent; but if all that can be seen has one colour, so
        that only transparency tells it apart, it is the image. Arrays and tensors do not tell the
        meaning of their channels, so that ``"drop"`` and ``"auto"`` keep all of them, and
        ``"composite"`` takes the last of 2 or 4 for alpha.
    background : float or sequence of float
        Colour to lay a transparent image over, in [0, 1]; white by default.
    value_range : (float, float), "auto" or "full"
        Stored values that become 0 and 1; what lies beyond is clipped. For example ``(0, 4095)``
        for 12 bits that a 16-bit file does not declare. See Notes for the two words.
    nodata : float, "auto" or None
        The value of pixels without data, NaN for example; what the file says (GDAL's tag in a TIFF,
        ``_FillValue`` in Zarr), or None to read all pixels.
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
        is such an array already. Pixels without data are filled from those beside them; see
        :func:`segprior.image.filling.filled`.

    Raises
    ------
    ImageError
        If the source cannot be read, is not an image, has several planes of which none is chosen,
        a side below 8 pixels, too many pixels, values that are not finite, no data, or its channels
        elsewhere.
    ConfigError
        If an option is not valid.

    Warns
    -----
    InputWarning
        If something was guessed or left out: the range of values, transparency.

    Notes
    -----
    Booleans become 0 and 1. 8-bit and 16-bit unsigned integers are divided by the largest number
    that their depth can hold: 255, 65535, or 4095 where a file declares 12 bits. Floats in
    [0, 1] are kept; an excess of up to 1e-5 is taken for rounding and clipped. Other floats, and
    signed, 32-bit and 64-bit integers, which have no customary range, are kept in the same way if
    they lie in [0, 1], and otherwise the smallest value of all channels together becomes 0
    and the largest 1. This is what ``"full"`` does.

    ``"auto"`` does the same where values use at least a quarter of that range. Otherwise, and where
    there is no customary range, their smallest value becomes 0 and their largest 1, or, if those
    lie far from all but a ten-thousandth of the values, as hot pixels do, the percentiles .01 and
    99.99. The same image at another gain and offset is then the same. Values without data do not
    count, and of several planes all count together.

    A pixel of signed integers or floats has no data if one of its channels says so (and if one is
    NaN, wherever there is a value for no data), one of unsigned integers if all do.

    Examples
    --------
    >>> import numpy as np
    >>> grey = np.full((8, 10), 255, np.uint8)
    >>> as_image(grey).shape, float(as_image(grey).max())
    ((8, 10, 1), 1.0)
    >>> as_image(np.zeros((3, 8, 10)), channel_axis=0).shape
    (8, 10, 3)
    >>> as_image(np.zeros((5, 8, 10)), axes="ZYX", page=2).shape
    (8, 10, 1)
    """
    return open_planes(
        source, channel_axis=channel_axis, axes=axes, page=page, project=project, alpha=alpha,
        background=background, value_range=value_range, nodata=nodata, max_pixels=max_pixels,
        max_bytes=max_bytes,
    ).only().full  # fmt: skip


def open_planes(
    source: Any,
    *,
    max_pixels: int | None = MAX_PIXELS,
    quiet: bool = False,
    **reading: Any,
) -> Planes:
    """Open an image, or a stack of several, to be read plane by plane.

    Parameters
    ----------
    source, max_pixels, **reading
        As for :func:`as_image`.
    quiet : bool
        Do not tell what is guessed.

    Raises
    ------
    ImageError, ConfigError
        As there.
    """
    checked = check_reading(max_pixels=max_pixels, **reading)
    return Planes(source, quiet=quiet, **checked)


def reading_of(options: dict[str, Any]) -> dict[str, Any]:
    """Take the options of :func:`as_image` but ``channel_axis`` out of others."""
    return {name: options.pop(name) for name in READING if name in options}


def check_reading(**options: Any) -> dict[str, Any]:
    """Refuse options of :func:`as_image` that are not valid; return them, names of axes as letters.

    Raises
    ------
    ConfigError
    """
    channel_axis = options.get("channel_axis", -1)
    axis_given = isinstance(channel_axis, int | np.integer)
    if channel_axis is not None and not (axis_given and channel_axis in range(-3, 3)):
        raise ConfigError(
            option="channel_axis", got=channel_axis, cure=("pass -1, 0, 1, 2 or ", NOTHING)
        )
    for name, least in (("page", 0), ("max_pixels", 1), ("max_bytes", 1)):
        value = options.get(name)
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if value is not None and not (whole and value >= least):
            raise ConfigError(
                option=name,
                got=value,
                cure=(f"pass a whole number from {least} on, or ", NOTHING),
            )
    alpha = options.get("alpha", "auto")
    if alpha not in get_args(AlphaUse):
        raise ConfigError(
            option="alpha", got=alpha,
            cure="choose 'auto', 'drop', 'composite', 'keep' or 'only'",
        )  # fmt: skip
    project = options.get("project")
    if project is not None and project not in get_args(Projection):
        raise ConfigError(option="project", got=project, cure=("choose 'max', 'mean' or ", NOTHING))
    if project is not None and options.get("page") is not None:
        raise ConfigError(
            "got ", Setting("page", options["page"]), " and ", Setting("project", project),
            cure="pass one of them",
        )  # fmt: skip
    _check_range(options.get("value_range", "auto"))
    nodata = options.get("nodata", "auto")
    number = isinstance(nodata, int | float | np.number) and not isinstance(nodata, bool)
    if nodata is not None and nodata != "auto" and not number:
        raise ConfigError(option="nodata", got=nodata, cure=("pass a number, 'auto' or ", NOTHING))
    if options.get("axes") is None:
        return options
    axes = read_axes(options["axes"])
    if channel_axis != -1:
        raise ConfigError(
            "got ", Setting("axes", axes), " and ", Setting("channel_axis", channel_axis),
            cure="pass one of them",
        )  # fmt: skip
    return {**options, "axes": axes}


def _check_range(value_range: Any) -> None:
    if isinstance(value_range, str) and value_range in ("auto", "full"):
        return
    try:
        low, high = value_range
        valid = -np.inf < low < high < np.inf
    except (TypeError, ValueError):
        valid = False
    if not valid:
        raise ConfigError(
            option="value_range",
            got=value_range,
            cure="pass a lower and a higher number, 'auto' or 'full'",
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
