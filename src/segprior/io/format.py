"""What a format is: how its files are known, and what can be done with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segprior.io.files.pixels import Pixels
from segprior.io.files.reader import Reader

__all__ = ["Annotation", "Format", "Reading", "Target"]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How an image is to be read; a format leaves alone what does not concern it.

    Attributes
    ----------
    page : int or None
        Which of several pages or frames, from 0; the first if None.
    channel_axis : int or None
        As the user gave it: -1 where a file knows its axis itself.
    axes : str or None
        A letter for each axis, as the user named them: Y, X, C, and any others; only where the
        format has ``named_axes``. An array that is read whole is left as it is stored.
    max_pixels : int or None
        Refuse a picture with more pixels before it is decoded, as
        :func:`segprior.io.files.pixels.check_pixels` does.
    max_bytes : int or None
        Refuse a file that would take more memory, before it is taken, as
        :func:`segprior.io.files.budget.check_bytes` does; a quarter of the memory there is if
        None.
    indices : bool
        Leave a picture with a palette as its indices.
    cache : int
        Bytes of decoded parts to keep while windows are read.
    """

    page: int | None = None
    channel_axis: int | None = -1
    axes: str | None = None
    max_pixels: int | None = None
    max_bytes: int | None = None
    indices: bool = False
    cache: int = 1 << 28


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a mask or label map goes, and what its writer may want to know.

    Attributes
    ----------
    path : pathlib.Path
        The file, or the folder of a format whose files are folders.
    shape : (int, int)
        Rows and columns.
    mask : bool
        Whether it is a mask, of 0 and 1.
    largest : int
        The largest label that there may be.
    image : path-like or None
        The file that was segmented, for formats that name it or take its georeference.
    axes : str
        A letter for each axis before rows and columns, where there are several planes.
    nodata : bool
        Whether the image had pixels without data, whose label is 0.
    things : bool
        Whether each label is one thing, all of a kind, for formats that name kinds.
    """

    path: Path
    shape: tuple[int, int]
    mask: bool
    largest: int
    image: str | os.PathLike[str] | None = None
    axes: str = ""
    nodata: bool = False
    things: bool = False

    @property
    def dtype(self) -> type[np.unsignedinteger[Any]]:
        """The type in which pictures store these labels."""
        if self.mask:
            return np.uint8
        if self.largest >= 2**32:
            return np.uint64
        # Never 8 bits, where labels 0 and 255 alone would be read back as a mask.
        return np.uint16 if self.largest < 2**16 else np.uint32


class Annotation(NamedTuple):
    """What one person drew.

    Attributes
    ----------
    labels : ndarray of int, shape (H, W)
        Segments, labels from 1.
    boundaries : ndarray of bool, shape (H, W)
        Their boundaries, one pixel wide.
    """

    labels: NDArray[Any]
    boundaries: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Format:
    """A format; what it cannot do is left out.

    Attributes
    ----------
    name : str
        For ``--format``, and unlike that of any other format.
    title : str
        What messages call it; its name if empty.
    suffixes : tuple of str
        In small letters, with the dot. A file that is written with one of them is of this format,
        so no other has it.
    shared : tuple of str
        Suffixes that files may have if the format is asked for by its name.
    rank : int
        Place in messages and among formats that recognise the same file; the least comes first.
    recognises : callable, optional
        ``(head) -> bool``: whether a file is of this format, by its first bytes, up to 1024.
        Without it, files to be read are known by their suffix.
    recognises_folder : callable, optional
        ``(path) -> bool``: for a format whose files are folders.
    read : callable, optional
        ``(stream, name, reading) -> Pixels``: read an image whole. `stream` can be sought, and
        `name` is for messages. Exceptions other than those of segprior count as a broken file.
    open_windows : callable, optional
        ``(path, reading) -> Reader``: open an image to read it in windows.
    read_labels : callable, optional
        ``(path) -> ndarray of int, shape (H, W)``: read a label map, where files hold no image.
    read_annotations : callable, optional
        ``(path) -> sequence of Annotation``: read what people drew on an image.
    read_contours : callable, optional
        ``(path) -> ndarray of float64``: read an ultrametric contour map, of the image's shape
        (H, W) or of double size, (2H + 1, 2W + 1).
    named_axes : bool
        Whether ``Reading.axes`` makes a difference.
    stacks : bool
        Whether labels of several planes are written, (…, H, W), with ``Target.axes`` for the axes
        before rows and columns.
    lossy : bool
        Whether values are read back only about as they were written, so that no labels are.
    grey : bool
        Whether a picture may have one channel; if not, no file is looked at for labels.
    encode_picture : callable, optional
        ``(picture, suffix) -> bytes``: write floats in [0, 1], bool, uint8 or uint16 of shape
        (H, W) or (H, W, C). The suffix is in small letters.
    channels : tuple of int
        How many channels such a picture may have; any number if empty.
    encode_labels : callable, optional
        ``(labels, target) -> bytes``: write a mask or label map whole.
    write_bands : callable, optional
        ``(bands, target) -> None``: write a mask or label map to ``target.path`` from bands of
        rows, shape (any, W), top to bottom; the file is there whole or not at all. Without
        `encode_labels` all are written in this way.
    largest : int or None
        The largest label that can be written, from 0; None if any can.
    needs : (str, str) or None
        A module and the extra of segprior that brings it, if labels cannot be written without.

    Notes
    -----
    The bytes for the same content must be the same. What cannot be written or read raises
    :class:`segprior.errors.OutputError` or :class:`segprior.errors.ImageError`, with one line that
    says what to do.
    """

    name: str
    title: str = ""
    suffixes: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    rank: int = 100
    recognises: Callable[[bytes], bool] | None = None
    recognises_folder: Callable[[Path], bool] | None = None
    read: Callable[[BinaryIO, str, Reading], Pixels] | None = None
    open_windows: Callable[[str | os.PathLike[str], Reading], Reader] | None = None
    read_labels: Callable[[Path], NDArray[Any]] | None = None
    read_annotations: Callable[[Path], Sequence[Annotation]] | None = None
    read_contours: Callable[[Path], NDArray[np.float64]] | None = None
    named_axes: bool = False
    stacks: bool = False
    lossy: bool = False
    grey: bool = True
    encode_picture: Callable[[NDArray[Any], str], bytes] | None = None
    channels: tuple[int, ...] = ()
    encode_labels: Callable[[NDArray[Any], Target], bytes] | None = None
    write_bands: Callable[[Iterable[NDArray[Any]], Target], None] | None = None
    largest: int | None = None
    needs: tuple[str, str] | None = None

    @property
    def kind(self) -> str:
        """What messages call it."""
        return self.title or self.name

    @property
    def endings(self) -> tuple[str, ...]:
        """All suffixes, the first that of files that are not named one by one."""
        return (*self.suffixes, *self.shared)

    @property
    def writes_labels(self) -> bool:
        """Whether a mask or label map can be written."""
        return self.encode_labels is not None or self.write_bands is not None
