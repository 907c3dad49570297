"""Hints: for each pixel foreground, background or unknown, from whatever says so."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.errors import ImageError
from segprior.image.resize import match_size, resize
from segprior.io.decode import read_pixels
from segprior.io.files.budget import pixel_limit
from segprior.io.marks.reader import read_marks
from segprior.result import Segmentation

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "as_hint",
    "check_hint",
    "hint_from_saliency",
    "hint_picture",
    "read_scribbles",
    "reduce_hint",
]

# Grey levels of a picture, as in the masks of ground truth: between them nothing is said.
_WHITE, _BLACK = 190, 65


def as_hint(source: Any, shape: tuple[int, int] | None = None) -> NDArray[np.int8]:
    """Turn a mask, a picture or an array into a hint.

    Parameters
    ----------
    source : Segmentation, array or file
        - A :class:`segprior.Segmentation`: label 0 is background, all others foreground.
        - An int8 array, or whole numbers with a negative one among them: a hint already, 1
          foreground, -1 background, 0 unknown.
        - Booleans, and whole numbers of which none is above 1: a mask, 0 is background.
        - Other whole numbers: a picture in levels of 255. Above 190 is foreground, below 65
          background, between them unknown.
        - Floats in [0, 1]: the same, with 1 for level 255.
        - A file that :func:`segprior.as_image` reads: a picture, or in ``.npy`` an array as
          above. In a picture with a palette, label 0 is background and all others foreground.
          Colours count by their mean, transparency not at all.
    shape : (int, int), optional
        Rows and columns wanted; another size is matched by nearest neighbour.

    Returns
    -------
    ndarray of int8, shape (H, W)
        1 foreground, -1 background, 0 unknown.

    Raises
    ------
    ImageError
        If it cannot be read or is no hint.

    Examples
    --------
    >>> import numpy as np
    >>> from segprior.methods.double_dip.hints import as_hint
    >>> as_hint(np.array([[0, 128, 255]], np.uint8)).tolist()
    [[-1, 0, 1]]
    >>> as_hint(np.array([[0, 1, 1]])).tolist()
    [[-1, 1, 1]]
    """
    if isinstance(source, Segmentation):
        hint = _from_mask(source.labels)
    elif isinstance(source, str | os.PathLike | bytes) or hasattr(source, "read"):
        hint = _from_file(source, 0 if shape is None else math.prod(shape))
    else:
        hint = _from_numbers(np.asarray(source), "the hint")
    return hint if shape is None else match_size(hint, shape)


def _from_mask(mask: NDArray[Any]) -> NDArray[np.int8]:
    return np.where(mask != 0, np.int8(1), np.int8(-1))


def _from_file(source: Any, size: int) -> NDArray[np.int8]:
    pixels = read_pixels(source, indices=True, max_pixels=pixel_limit(size))
    values = pixels.values
    if pixels.stored_axis is None:
        return _from_numbers(values, pixels.name)
    if pixels.indexed:
        return _from_mask(values.reshape(values.shape[:2]))
    if values.ndim == 3:
        colours = values.shape[2] - (pixels.alpha != "none")
        values = values[..., :colours].mean(-1)
    if values.dtype.kind in "bui" and pixels.values.max(initial=0) <= 1:
        return _from_mask(values)  # a label map, which as a picture would be black
    top = 1.0 if pixels.values.dtype.kind == "f" else float(2 ** (pixels.depth or 8) - 1)
    if pixels.depth is None and pixels.values.dtype.kind == "u":
        top = float(np.iinfo(pixels.values.dtype).max)
    return _from_levels(values * (255 / top))


def _from_numbers(values: NDArray[Any], name: str) -> NDArray[np.int8]:
    if values.ndim == 3 and 1 in (values.shape[0], values.shape[2]):
        values = values.reshape([n for i, n in enumerate(values.shape) if n != 1 or i == 1])
    if values.ndim != 2 or values.size == 0 or values.dtype.kind not in "buif":
        raise ImageError(
            f"{name}: shape {values.shape} and type {values.dtype} are no hint; "
            "pass one number per pixel, of shape (H, W)"
        )
    low, high = values.min(), values.max()
    if values.dtype == np.int8 or (values.dtype.kind == "i" and low < 0):
        if low < -1 or high > 1:
            raise ImageError(
                f"{name}: holds {low if low < -1 else high}; a hint is 1 for foreground, -1 for "
                "background and 0 for unknown"
            )
        return values.astype(np.int8)
    if values.dtype.kind == "f":
        if not (low >= 0 and high <= 1):
            raise ImageError(
                f"{name}: holds numbers from {low:.4g} to {high:.4g}; pass a map in [0, 1]"
            )
        return _from_levels(values * 255)
    if high <= 1:
        return _from_mask(values)
    if high > 255:
        raise ImageError(f"{name}: holds {high}; pass levels from 0 to 255, or a mask of 0 and 1")
    return _from_levels(values)


def _signed(fore: NDArray[np.bool_], back: NDArray[np.bool_]) -> NDArray[np.int8]:
    signed: NDArray[np.int8] = fore.astype(np.int8) - back.astype(np.int8)
    return signed


def _from_levels(levels: NDArray[Any]) -> NDArray[np.int8]:
    return _signed(levels > _WHITE, levels < _BLACK)


def read_scribbles(
    source: Any, shape: tuple[int, int], image: NDArray[np.float32] | None = None
) -> NDArray[np.int8]:
    """Read strokes over an image; what they leave bare is unknown.

    Parameters
    ----------
    source : path, bytes, binary file object or array
        Marks in any form that :func:`segprior.io.marks.reader.read_marks` reads: label 1 and green
        strokes are foreground; every other label, ground and red strokes background.
    shape : (int, int)
        Rows and columns wanted; a picture of another size is matched by nearest neighbour.
    image : ndarray of float32, shape (H, W, C), optional
        In [0, 1], to tell strokes on a copy from its own colours.

    Returns
    -------
    ndarray of int8, shape (H, W)
        1 foreground, -1 background, 0 unknown.

    Raises
    ------
    ImageError
        If they cannot be read or mark nothing.
    """
    return read_marks(source, shape, image=image, several=False, any_size=True).hint()


def hint_from_saliency(
    saliency: NDArray[np.float32], *, above: float = 239.5, below: float = 15.5
) -> NDArray[np.int8]:
    """Mark the most and the least salient pixels, by the rule of Double-DIP.

    The map is brought to 8 bits and its histogram equalised, so that the two levels are shares of
    the pixels: about the top and the bottom 6 % where no value is common.

    Parameters
    ----------
    saliency : ndarray of float32, shape (H, W)
        Any range.
    above, below : float
        Levels of 255: above the first is foreground, up to the second background.

    Returns
    -------
    ndarray of int8, shape (H, W)
        1 foreground, -1 background, 0 unknown. A constant map says nothing.
    """
    low, high = float(saliency.min()), float(saliency.max())
    if high <= low:
        return np.zeros(saliency.shape, np.int8)
    levels = np.rint((saliency - low) * (255 / (high - low))).astype(np.uint8)
    counts = np.bincount(levels.ravel(), minlength=256).cumsum()
    # The lowest level becomes 0 and the highest 255, however many pixels they have.
    first = counts[levels.min()]
    equalised = (counts - first) * (255 / max(counts[-1] - first, 1))
    found = equalised[levels]
    return _signed(found > above, found <= below)


def reduce_hint(hint: NDArray[np.int8], shape: tuple[int, int]) -> NDArray[np.int8]:
    """Bring a hint to a smaller size without losing thin strokes.

    A pixel of the result is what most of the marked pixels below it say, however few are marked.
    """
    if hint.shape == shape:
        return hint
    marks = np.stack([hint > 0, hint < 0], -1).astype(np.float32)
    fore, back = np.moveaxis(resize(marks, shape), -1, 0)
    return _signed(fore > back, back > fore)


def check_hint(hint: NDArray[np.int8]) -> None:
    """Refuse a hint that lacks foreground or background.

    Raises
    ------
    ImageError
        Saying which of them is missing.
    """
    for name, there in (("foreground", (hint > 0).any()), ("background", (hint < 0).any())):
        if not there:
            raise ImageError(
                f"the hint marks no {name}; pass one that marks some of both, such as a mask or "
                "scribbles"
            )


def hint_picture(hint: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Show a hint in grey: 255 foreground, 0 background, 128 unknown; :func:`as_hint` reads it."""
    return np.choose(hint.astype(np.intp) + 1, [0, 128, 255]).astype(np.uint8)
