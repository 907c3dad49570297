"""Masks and label maps in files that give back every label exactly."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.config.checks import MAX_PIXELS
from segprior.errors import ImageError, OutputError
from segprior.io.decode import read_pixels
from segprior.io.files.atomic import write_atomically
from segprior.io.files.pixels import Pixels
from segprior.io.format import Format, Target
from segprior.io.registry import by_suffix, endings, formats, known, one_of

__all__ = ["check_largest", "encode_labels", "labels_of", "read_labels", "save_labels"]


def encode_labels(labels: NDArray[Any], suffix: str, *, mask: bool) -> bytes:
    """Return the bytes of a mask or label map in a file of the given suffix.

    A mask becomes 0 and 255 in 8 bits, or 0 and 1 in ``.npy``. A label map becomes an indexed PNG
    up to label 255 and a 16-bit PNG above, a TIFF of 16 or 32 bits, or ``.npy`` with the array
    as it is.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        Labels from 0; 0 and 1 for a mask.
    suffix : str
        ``.png``, ``.tif``, ``.tiff``, ``.npy`` or that of another format that is also read, in
        any case.
    mask : bool
        Whether it is a mask.

    Raises
    ------
    OutputError
        If the suffix is another one, or the format does not reach up to the largest label.
    """
    path = Path(f"labels{suffix}")
    format = by_suffix(path, _gives_back)
    if format is None or format.encode_labels is None:
        raise OutputError(
            f"cannot save labels as {suffix.lower()!r}; use {', '.join(endings(_gives_back))}"
        )
    check_largest(labels, format, path.suffix, mask=mask)
    target = Target(
        path=path,
        shape=(labels.shape[0], labels.shape[1]),
        mask=mask,
        largest=int(labels.max(initial=0)),
    )
    return format.encode_labels(labels, target)


def _gives_back(format: Format) -> bool:
    return format.read is not None and format.encode_labels is not None


def check_largest(labels: NDArray[Any], format: Format, suffix: str, *, mask: bool) -> None:
    """Refuse labels that a format does not reach up to.

    Raises
    ------
    OutputError
        If there is one below 0 or above the largest of the format.
    """
    if mask or format.largest is None:
        return
    low, high = int(labels.min(initial=0)), int(labels.max(initial=0))
    if low < 0 or high > format.largest:
        others = one_of(
            one.suffixes[0] for one in formats() if _gives_back(one) and one.largest is None
        )
        raise OutputError(
            f"cannot save label {low if low < 0 else high} as {suffix.lower()!r}; "
            f"use {others} instead"
        )


def save_labels(path: str | os.PathLike[str], labels: NDArray[Any], *, mask: bool) -> Path:
    """Write a mask or label map as its suffix says; see :func:`encode_labels`.

    Returns
    -------
    pathlib.Path
        ``path``.

    Raises
    ------
    OutputError
        As :func:`encode_labels` does, or if the file cannot be written.
    """
    path = Path(path)
    return write_atomically(path, encode_labels(labels, path.suffix, mask=mask))


def read_labels(source: object, *, max_pixels: int | None = MAX_PIXELS) -> NDArray[Any]:
    """Read a mask or label map.

    Indexed PNG files give their indices, all others their numbers, with one exception: grey
    8-bit files with no value but 0 and 255 are masks, whose 255 becomes 1.

    Parameters
    ----------
    source : str, path-like, bytes or binary file object
        PNG, TIFF, ``.npy``, GIF or BMP; one picture.
    max_pixels : int or None
        Refuse to decode a larger one; None sets no limit.

    Returns
    -------
    ndarray of int, shape (H, W)

    Raises
    ------
    ImageError
        If the file cannot be read, is a JPEG, has too many pixels, or holds colours or fractions
        instead of labels.
    """
    return labels_of(read_pixels(source, indices=True, max_pixels=max_pixels))


def labels_of(pixels: Pixels) -> NDArray[Any]:
    """Take the labels out of a picture that was read with its indices; see `read_labels`.

    Raises
    ------
    ImageError
        As there.
    """
    labels: NDArray[Any] = pixels.values
    if pixels.lossy:
        raise ImageError(f"{pixels.name}: {pixels.kind} blurs labels; pass {known(labels=True)}")
    if labels.ndim == 3 and labels.shape[2] == 1:
        labels = labels[..., 0]
    if labels.ndim != 2:
        raise ImageError(
            f"{pixels.name}: shape {labels.shape}, not a label map; "
            "pass an indexed or grey picture with one number per pixel"
        )
    if labels.dtype.kind not in "bui":
        raise ImageError(
            f"{pixels.name}: values of type {labels.dtype}, not labels; pass whole numbers"
        )
    if labels.dtype == np.bool_:
        labels = labels.astype(np.uint8)
    picture = pixels.stored_axis is not None
    mask_file = picture and not pixels.indexed and labels.dtype == np.uint8
    if mask_file and not np.any((labels != 0) & (labels != 255)):
        labels = (labels != 0).astype(np.uint8)
    result: NDArray[Any] = np.ascontiguousarray(labels)
    return result
