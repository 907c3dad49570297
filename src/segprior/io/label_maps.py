"""Masks and label maps in files that give back every label exactly."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError, OutputError
from segprior.io.decode import read_pixels
from segprior.io.files.atomic import write_atomically
from segprior.io.formats.npy import encode_npy
from segprior.io.formats.png import encode_indexed, encode_mask, encode_png
from segprior.io.formats.tiff import encode_tiff

__all__ = ["LABEL_SUFFIXES", "encode_labels", "label_type", "read_labels", "save_labels"]

LABEL_SUFFIXES = (".png", ".tif", ".tiff", ".npy")


def encode_labels(
    labels: NDArray[Any], suffix: str, *, mask: bool, tags: Sequence[tuple[Any, ...]] = ()
) -> bytes:
    """Return the bytes of a mask or label map in a file of the given suffix.

    A mask becomes 0 and 255 in 8 bits, or 0 and 1 in ``.npy``. A label map becomes an indexed PNG
    up to label 255 and a 16-bit PNG above, a TIFF of 16 or 32 bits, or ``.npy`` with the array
    as it is.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        Labels from 0; 0 and 1 for a mask.
    suffix : str
        ``.png``, ``.tif``, ``.tiff`` or ``.npy``, in any case; ``.ome.tif`` is a TIFF that
        describes itself as OME-TIFF does.
    mask : bool
        Whether it is a mask.
    tags : sequence of tuple
        More tags for a TIFF.

    Raises
    ------
    OutputError
        If the suffix is another one, or the format does not reach up to the largest label.
    """
    suffix = suffix.lower()
    ome = suffix == ".ome.tif"
    if ome:
        suffix = ".tif"
    if suffix not in LABEL_SUFFIXES:
        raise OutputError(f"cannot save labels as {suffix!r}; use {', '.join(LABEL_SUFFIXES)}")
    if suffix == ".npy":
        return encode_npy(labels)
    if mask:
        if suffix == ".png":
            return encode_mask(labels)
        white = np.where(labels != 0, np.uint8(255), np.uint8(0))
        return encode_tiff(white, compress=True, ome=ome, tags=tags)
    low, high = int(labels.min(initial=0)), int(labels.max(initial=0))
    if low < 0 or high >= 2 ** (16 if suffix == ".png" else 32):
        raise OutputError(
            f"cannot save label {low if low < 0 else high} as {suffix!r}; use .npy instead"
        )
    if suffix != ".png":
        wide = labels.astype(label_type(high, mask=mask))
        return encode_tiff(wide, compress=True, ome=ome, tags=tags)
    return encode_indexed(labels) if high < 256 else encode_png(labels.astype(np.uint16))


def label_type(largest: int, *, mask: bool) -> type[np.unsignedinteger[Any]]:
    """Choose the type in which labels are stored, by the largest that there may be."""
    if mask:
        return np.uint8
    # Never 8 bits, where labels 0 and 255 alone would be read back as a mask.
    return np.uint16 if largest < 2**16 else np.uint32


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


def read_labels(source: object) -> NDArray[Any]:
    """Read a mask or label map.

    Indexed PNG files give their indices, all others their numbers, with one exception: grey
    8-bit files with no value but 0 and 255 are masks, whose 255 becomes 1.

    Parameters
    ----------
    source : str, path-like, bytes or binary file object
        PNG, TIFF, ``.npy``, GIF or BMP; one picture.

    Returns
    -------
    ndarray of int, shape (H, W)

    Raises
    ------
    ImageError
        If the file cannot be read, is a JPEG, or holds colours or fractions instead of labels.
    """
    pixels = read_pixels(source, indices=True)
    labels: NDArray[Any] = pixels.values
    if pixels.kind == "JPEG":
        raise ImageError(f"{pixels.name}: JPEG blurs labels; pass PNG, TIFF or .npy")
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
    mask_file = pixels.kind != "npy" and not pixels.indexed and labels.dtype == np.uint8
    if mask_file and not np.any((labels != 0) & (labels != 255)):
        labels = (labels != 0).astype(np.uint8)
    result: NDArray[Any] = np.ascontiguousarray(labels)
    return result
