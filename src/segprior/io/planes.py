"""The planes of whatever holds an image or a stack of images, read one after the other."""

from __future__ import annotations

import io
import math
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError, InputWarning
from segprior.image.pyramid import Pyramid
from segprior.image.resize import MIN_SIDE
from segprior.image.spread import ValueRange
from segprior.io.files.axes import check_axes, many_channels
from segprior.io.files.pixels import Outer, Pixels, check_page
from segprior.io.files.source import open_source
from segprior.io.inputs import channels_last, other_axis, take_pixels
from segprior.io.meaning import AlphaUse, Meaning, NoData, Part, settle
from segprior.messages import Setting

__all__ = ["Planes", "Projection", "described"]

Projection = Literal["max", "mean"]

# Of more planes than this, these many, evenly spread, decide on the range of values.
_LOOKED_AT = 32


class Planes:
    """An image, or the planes of a stack of them: pages, depths, times, frames.

    Parameters
    ----------
    source, channel_axis, axes, page, project, alpha, background, value_range, nodata
        See :func:`segprior.as_image`, which has checked them.
    max_pixels, max_bytes
        As there.

    Attributes
    ----------
    name : str
        For messages.
    outer : tuple of (str, int)
        The axes along which there are planes, a letter each, and their lengths; empty of an image.
    max_bytes : int or None
        As given.

    Raises
    ------
    ImageError
        If the source cannot be read or is not an image.
    """

    def __init__(
        self,
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
        max_pixels: int | None = None,
        max_bytes: int | None = None,
        quiet: bool = False,
    ) -> None:
        self._source = _kept(source)
        self._reading: dict[str, Any] = {
            "channel_axis": channel_axis, "axes": axes, "max_pixels": max_pixels,
            "max_bytes": max_bytes,
        }  # fmt: skip
        self._axis, self._alpha, self._quiet = channel_axis, alpha, quiet
        self.max_bytes = max_bytes
        self._asked: dict[str, Any] = {
            "alpha": alpha, "background": background, "value_range": value_range,
        }  # fmt: skip
        self._nodata = nodata
        self._meaning: Meaning | None = None
        first = self._taken(page if axes is None else None)
        self._array: NDArray[Any] | None = None
        outer = first.outer
        if axes is not None and first.stored_axis is None:
            self._array, outer = _by_axes(first, axes)
            first = replace(first, values=self._array[0], stored_axis=2)
        elif axes is not None and page is not None:
            first = self._taken(page)
        self.name = first.name
        self._first: Pixels | None = first
        if page is not None:
            if self._array is not None:
                check_page(page, len(self._array), self.name)
                self._first = replace(first, values=self._array[page])
            self._array, outer = None, ()
        self.outer: Outer = outer
        self._count = math.prod(n for _, n in outer)
        if project is not None and outer:
            self._first, self._array, self._axis = self._projected(project), None, -1
            self.outer, self._count = (), 1

    @property
    def axes(self) -> str:
        """The letters of the axes along which there are planes."""
        return "".join(axis for axis, _ in self.outer)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The lengths of these axes."""
        return tuple(n for _, n in self.outer)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Pyramid]:
        """Read each plane; all have the same shape and one range of values."""
        shape = None
        for number in range(self._count):
            image = self._read(number)
            if shape not in (None, image.full.shape):
                raise ImageError(
                    f"{self.name}: planes of shapes {shape} and {image.full.shape}",
                    cure=("choose one with ", Setting("page")),
                )
            shape = image.full.shape
            yield image

    def only(self) -> Pyramid:
        """Return the image, where there is one.

        Raises
        ------
        ImageError
            If there are several planes.
        """
        if self.outer:
            raise ImageError(self.told(), cure=self.cures())
        return self._read(0)

    def told(self) -> str:
        """Say for a message how many planes there are."""
        return described(self.name, self.outer)

    def cures(self) -> tuple[str | Setting, ...]:
        """Say for a message how one plane is chosen."""
        return (
            "choose one with ", Setting("page"), f" 0 to {self._count - 1}, or pass ",
            Setting("project", "max"), " or ", Setting("project", "mean"),
        )  # fmt: skip

    def _read(self, number: int) -> Pyramid:
        if self._meaning is None:
            self._meaning = self._settled()
        return self._meaning.image(self._stored(number)[1])

    def _pixels(self, number: int) -> Pixels:
        if self._first is not None and (number == 0 or self._count == 1):
            return self._first
        if self._array is not None and self._first is not None:
            return replace(self._first, values=self._array[number])
        return self._taken(number)

    def _taken(self, page: int | None) -> Pixels:
        if isinstance(self._source, _Again):
            self._source.seek(0)
        return take_pixels(self._source, page=page, **self._reading)

    def _stored(self, number: int) -> tuple[Pixels, NDArray[Any]]:
        """A plane as it is stored, (h, w, C)."""
        pixels = self._pixels(number)
        values = channels_last(pixels, self._axis)
        rows, columns, channels = values.shape
        if min(rows, columns) < MIN_SIDE:
            raise ImageError(
                f"{pixels.name}: {rows} x {columns} pixels; every side must have at least "
                f"{MIN_SIDE}",
                *other_axis(pixels, self._axis, MIN_SIDE),
            )
        if channels == 0:
            raise ImageError(
                f"{pixels.name}: shape {values.shape} has no channel; pass at least one"
            )
        return pixels, values

    def _settled(self) -> Meaning:
        pixels, values = self._stored(0)
        if pixels.stored_axis is None and not self._quiet:
            _tell_channels(pixels, self._axis)
        kind = pixels.alpha
        unknown = pixels.stored_axis is None or self._array is not None
        if self._alpha == "composite" and unknown and values.shape[2] in (2, 4):
            kind = "straight"
        nodata = pixels.nodata if self._nodata == "auto" else self._nodata
        asked = Meaning(
            name=self.name, dtype=values.dtype, depth=pixels.depth, kind=kind, nodata=nodata,
            **self._asked,
        )  # fmt: skip
        step = max(1, math.ceil(self._count / _LOOKED_AT))
        parts = (Part(self._stored(number)[1]) for number in range(0, self._count, step))
        rows, columns, channels = values.shape
        shape = (rows * self._count, columns, channels)
        return settle(asked, parts, shape, quiet=self._quiet)

    def _projected(self, project: Projection) -> Pixels:
        """The largest, or the mean, of all planes, of their type."""
        first, values = self._stored(0)
        nodata = first.nodata if self._nodata == "auto" else self._nodata
        meaning = Meaning(
            name=self.name, dtype=values.dtype, kind=first.alpha, alpha="drop", nodata=nodata
        )
        total = np.zeros(values.shape, np.float64 if project == "mean" else values.dtype)
        count = np.zeros(values.shape[:2], np.int64)
        for number in range(self._count):
            _, plane = self._stored(number)
            if plane.shape != values.shape:
                raise ImageError(
                    f"{self.name}: planes of shapes {values.shape} and {plane.shape}",
                    cure=("choose one with ", Setting("page")),
                )
            valid = meaning.valid(plane)
            there = np.ones(count.shape, bool) if valid is None else valid
            if project == "mean":
                total[there] += plane[there]
            else:
                fresh = there & (count == 0)
                total[fresh] = plane[fresh]
                np.maximum(total, plane, out=total, where=there[..., np.newaxis])
            count += there
        empty = count == 0
        if project == "mean":
            total /= np.maximum(count, 1)[..., np.newaxis]
            if values.dtype.kind in "biu":
                total = np.rint(total)
        result = total.astype(values.dtype)
        result[empty] = values[empty]
        return replace(first, values=result, stored_axis=2, outer=(), together=None)


def _tell_channels(pixels: Pixels, channel_axis: int | None) -> None:
    if many_channels(pixels.values.shape, channel_axis):
        rows, columns, channels = pixels.values.shape
        warnings.warn(
            InputWarning(
                f"{pixels.name}: taken for {rows} x {columns} pixels of {channels} channels; ",
                Setting("channel_axis"), " or ", Setting("axes"), " decides",
            ),
            stacklevel=4,
        )  # fmt: skip


def described(name: str, outer: Outer) -> str:
    """Say for a message how many planes there are."""
    axes = [axis for axis, _ in outer]
    along = "" if axes in (["I"], ["Q"]) else f" ({', '.join(f'{a} {n}' for a, n in outer)})"
    return f"{name} has {math.prod(n for _, n in outer)} planes{along}"


def _kept(source: Any) -> Any:
    """A source that can be read again for each plane."""
    if isinstance(source, str | os.PathLike) or not callable(getattr(source, "read", None)):
        return source
    with open_source(source) as (stream, name):
        again = _Again(stream.read())
        again.name = name
        return again


class _Again(io.BytesIO):
    """What a stream has held, under its name."""

    name = ""


def _by_axes(pixels: Pixels, axes: str) -> tuple[NDArray[Any], Outer]:
    """An array as its planes, (planes, H, W) or (planes, H, W, C), and the axes they lie along."""
    values = pixels.values
    check_axes(axes, values.shape, pixels.name)
    channel = "C" if "C" in axes else "S" if "S" in axes else ""
    inner = "YX" + channel
    outer = tuple(
        (axis, n) for axis, n in zip(axes, values.shape, strict=True) if axis not in inner
    )
    order = [axes.index(axis) for axis, _ in outer] + [axes.index(axis) for axis in inner]
    moved = values.transpose(order)
    sides = moved.shape[len(outer) :]
    if 0 in values.shape:
        raise ImageError(f"{pixels.name}: shape {values.shape} holds nothing")
    return moved.reshape(-1, *sides), tuple((axis, n) for axis, n in outer if n > 1)
