"""From stored values of any type to float32 in [0, 1], a block of rows at a time.

Blocks keep the temporary arrays small beside a large photograph.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ConfigError, ImageError

__all__ = ["blocks", "check_kind", "composite", "extent", "to_unit"]

_BLOCK = 1 << 20
_ROUNDING = 1e-5


def blocks(shape: Sequence[int]) -> Iterator[slice]:
    """Cut the first axis of an array into slices of about a million values."""
    values_per_row = int(np.prod(shape[1:], dtype=np.int64))
    step = max(1, _BLOCK // max(1, values_per_row))
    for start in range(0, shape[0], step):
        yield slice(start, start + step)


def to_unit(
    values: NDArray[Any],
    name: str,
    *,
    depth: int | None = None,
    value_range: tuple[float, float] | None = None,
) -> NDArray[np.float32]:
    """Scale to [0, 1] by the rule that :func:`segprior.as_image` states.

    Parameters
    ----------
    values : ndarray of shape (H, W, C)
        Real numbers of any type.
    name : str
        For messages.
    depth : int, optional
        Bits of unsigned integers, where they are fewer than the type has.
    value_range : (float, float), optional
        Values that become 0 and 1, instead of the rule.

    Returns
    -------
    ndarray of float32, shape (H, W, C)
        C-contiguous; ``values`` itself if there is nothing to change.

    Raises
    ------
    ImageError
        If the type is not one of real numbers, or values are NaN or infinite.
    """
    check_kind(values.dtype, name)
    kind, size = values.dtype.kind, values.dtype.itemsize
    customary = kind == "u" and size <= 2
    low, high = (0.0, 1.0) if kind == "b" or customary else extent(values, name)
    inside = low >= 0 and high <= 1
    if value_range is not None:
        low, high, inside = *value_range, False
    elif customary:
        low, high, inside = 0.0, float((1 << (depth or 8 * size)) - 1), True
    elif (low >= -_ROUNDING and high <= 1 + _ROUNDING) or low == high:
        low, high = 0.0, 1.0
    if (low, high) == (0.0, 1.0) and inside:
        return np.ascontiguousarray(values, np.float32)
    result = np.empty(values.shape, np.float32)
    if customary and value_range is None:
        np.divide(values, np.float32(high), out=result)
        return result
    # Halves, because the difference of two huge numbers may be infinite.
    span = high / 2 - low / 2
    for block in blocks(values.shape):
        part = (values[block].astype(np.float64) / 2 - low / 2) / span
        result[block] = np.clip(part, 0, 1, out=part)
    return result


def check_kind(dtype: np.dtype[Any], name: str) -> None:
    """Refuse values that are no real numbers.

    Raises
    ------
    ImageError
    """
    if dtype.kind not in "buif" or dtype.itemsize > 8:
        raise ImageError(
            f"{name}: values of type {dtype}; pass booleans, integers or floats of up to 64 bits"
        )


def extent(values: NDArray[Any], name: str) -> tuple[float, float]:
    """Return the smallest and the largest value.

    Raises
    ------
    ImageError
        If values are NaN or infinite.
    """
    with np.errstate(invalid="ignore"):
        low, high = float(values.min()), float(values.max())
    if np.isfinite(low) and np.isfinite(high):
        return low, high
    nan = sum(int(np.isnan(values[block]).sum()) for block in blocks(values.shape))
    infinite = sum(int(np.isinf(values[block]).sum()) for block in blocks(values.shape))
    raise ImageError(
        f"{name}: {nan} NaN and {infinite} infinite values; replace them first, for example with "
        "numpy.nan_to_num"
    )


def composite(
    image: NDArray[np.float32], background: float | Sequence[float], *, premultiplied: bool
) -> NDArray[np.float32]:
    """Lay an image over a plain colour by its last channel, alpha.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C + 1)
        In [0, 1].
    background : float or sequence of float
        One value in [0, 1] for all channels, or one for each.
    premultiplied : bool
        Whether the colours have been multiplied by alpha.

    Returns
    -------
    ndarray of float32, shape (H, W, C)

    Raises
    ------
    ConfigError
        If the background does not fit the channels or lies outside [0, 1].
    """
    channels = image.shape[2] - 1
    colour = np.asarray(background, np.float32)
    if colour.shape not in ((), (1,), (channels,)) or not np.all((colour >= 0) & (colour <= 1)):
        raise ConfigError(
            f"got background={background!r}; pass a number in [0, 1], or {channels} of them"
        )
    result = np.empty((*image.shape[:2], channels), np.float32)
    for block in blocks(image.shape):
        cover = image[block][..., -1:]
        front = image[block][..., :-1]
        part = (front if premultiplied else front * cover) + (1 - cover) * colour
        result[block] = np.clip(part, 0, 1, out=part)
    return result
