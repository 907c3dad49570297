"""From whatever holds an image to its numbers, channels last."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.decode import read_pixels
from segprior.io.files.axes import check_last, unnamed
from segprior.io.files.pixels import Pixels, check_page
from segprior.io.files.source import one_line
from segprior.io.shared.pillow import from_pillow
from segprior.messages import Setting

__all__ = ["channels_last", "check_stored", "other_axis", "take_pixels"]


def take_pixels(
    source: Any,
    *,
    page: int | None = None,
    channel_axis: int | None = -1,
    axes: str | None = None,
    max_pixels: int | None = None,
    max_bytes: int | None = None,
) -> Pixels:
    """Take the numbers out of whatever holds an image.

    Parameters
    ----------
    source : str, path-like, bytes, file object, PIL.Image.Image, ndarray or torch.Tensor
        See :func:`segprior.as_image`, as for the other parameters.

    Raises
    ------
    ImageError
        If the source cannot be read, is not an image, has too many pixels or not that page.
    """
    # Neither a Pillow image nor a tensor exists unless somebody has imported what makes them.
    pillow, torch = sys.modules.get("PIL.Image"), sys.modules.get("torch")
    if pillow is not None and isinstance(source, pillow.Image):
        if axes is not None:
            raise ImageError(
                "a Pillow image has rows, columns and channels only",
                cure=("leave ", Setting("axes"), " out"),
            )
        return from_pillow(source, page=page, max_pixels=max_pixels, max_bytes=max_bytes)
    if isinstance(source, str | os.PathLike | bytes | bytearray | memoryview) or hasattr(
        source, "read"
    ):
        return read_pixels(
            source,
            page=page,
            channel_axis=channel_axis,
            axes=axes,
            max_pixels=max_pixels,
            max_bytes=max_bytes,
        )
    if torch is not None and isinstance(source, torch.Tensor):
        pixels = Pixels(values=_from_tensor(source), name="the tensor")
    elif hasattr(source, "__array__"):
        pixels = Pixels(values=_from_array(source), name="the array")
    else:
        raise ImageError(
            f"got a {type(source).__name__}; pass a path, bytes, a file object, a Pillow image, "
            "an array or a tensor"
        )
    if axes is None:
        check_page(page, 1, pixels.name)
    return pixels


def _from_tensor(tensor: Any) -> NDArray[Any]:
    try:
        tensor = tensor.detach().cpu()
        if tensor.is_floating_point() and tensor.element_size() < 4:
            tensor = tensor.float()  # NumPy has no bfloat16
        values: NDArray[Any] = tensor.resolve_conj().resolve_neg().numpy()
    except (TypeError, RuntimeError, NotImplementedError) as error:
        raise ImageError(f"tensor {one_line(error)}; pass a dense one with numbers") from error
    return values


def _from_array(source: Any) -> NDArray[Any]:
    masked = int(np.sum(source.mask)) if isinstance(source, np.ma.MaskedArray) else 0
    if masked:
        raise ImageError(
            f"the array has {masked} masked values; replace them first, for example with .filled(0)"
        )
    return np.asarray(source)


def channels_last(pixels: Pixels, channel_axis: int | None) -> NDArray[Any]:
    """Return the values as a view of shape (H, W, C).

    Raises
    ------
    ImageError
        If they are not those of one image, or the file keeps its channels on another axis.
    """
    values, name, stored = pixels.values, pixels.name, pixels.stored_axis
    if values.ndim == 2:
        return values[..., np.newaxis]
    if values.ndim != 3:
        raise unnamed(values.shape, name)
    if channel_axis is None:
        axis = -1 if stored is not None else int(np.argmin(values.shape))
        raise ImageError(
            f"{name}: got {values.shape[axis]} channels, but ",
            Setting("channel_axis", None),
            " is for grey images",
            cure=("pass ", Setting("channel_axis", -1 if axis == 2 else axis)),
        )
    if stored is None:
        check_last(values.shape, channel_axis, name)
        return np.moveaxis(values, channel_axis, -1)
    check_stored(values.shape[2], stored, channel_axis, name)
    return values


def check_stored(channels: int, stored: int, channel_axis: int | None, name: str) -> None:
    """Hold the axis that a user names to the one on which a file keeps its channels.

    Raises
    ------
    ImageError
        If it is another.
    """
    if channel_axis not in (-1, stored, stored - 3):
        raise ImageError(
            f"{name}: its {channels} channels lie on axis {stored}, got ",
            Setting("channel_axis", channel_axis),
            cure=("leave ", Setting("channel_axis"), " at -1"),
        )


def other_axis(pixels: Pixels, channel_axis: int | None, least: int) -> tuple[str | Setting, ...]:
    """Say which axis may be meant, if another one leaves sides of at least ``least``."""
    shape = pixels.together or pixels.values.shape
    known = pixels.stored_axis is not None and pixels.together is None
    if known or len(shape) != 3 or channel_axis is None:
        return ()
    for axis in (2, 0, 1):
        if min(n for i, n in enumerate(shape) if i != axis) >= least:
            # In a file of several pages -1 stands for one of them.
            cure = -1 if axis == 2 and pixels.together is None else axis
            axis_meant = Setting("channel_axis", cure)
            return f"; its whole shape is {shape}, for which ", axis_meant, " may be right"
    return ()
