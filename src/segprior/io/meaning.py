"""What the stored values of an image mean: transparency, pixels without data, and the range.

Whoever has an image whole, plane by plane or window by window settles this once for all of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError, InputWarning
from segprior.image.filling import filled
from segprior.image.pyramid import Pyramid
from segprior.image.spread import Spread, ValueRange
from segprior.image.values import check_kind, composite, to_unit
from segprior.io.files.pixels import Alpha
from segprior.messages import Setting

__all__ = ["AlphaUse", "Meaning", "NoData", "NoDataError", "Part", "settle"]

AlphaUse = Literal["auto", "drop", "composite", "keep", "only"]
NoData = float | Literal["auto"] | None

# Colours that differ by no more than this part of their range are one colour.
_ONE_COLOUR = 0.01


class NoDataError(ImageError):
    """There is no pixel with data."""


class Part(NamedTuple):
    """Stored values, (h, w, C), and the row and column of the image where they begin."""

    values: NDArray[Any]
    place: tuple[int, int] = (0, 0)


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """How stored values are turned into an image.

    Attributes
    ----------
    name : str
        For messages.
    dtype : numpy.dtype
        Of the stored values.
    depth : int or None
        Bits per value, where that is not what the type has.
    kind : {"none", "straight", "premultiplied"}
        Whether the last channel is transparency, and whether colours were multiplied by it.
    alpha : {"auto", "drop", "composite", "keep", "only"}
        What becomes of it; see :func:`segprior.as_image`.
    background : float or sequence of float
        What a transparent image is laid over.
    nodata : float, int or None
        The value of pixels without data.
    value_range : (float, float), "auto", "full" or None
        Values that become 0 and 1; None is the customary range of the type.
    stand_in : float
        A value that pixels with data have, for those without.
    """

    name: str
    dtype: np.dtype[Any]
    depth: int | None = None
    kind: Alpha = "none"
    alpha: AlphaUse = "auto"
    background: float | Sequence[float] = 1.0
    nodata: float | None = None
    value_range: ValueRange | None = "auto"
    stand_in: float = 0

    def channels(self, stored: int) -> int:
        """How many channels the image has of so many that are stored."""
        if self.kind == "none" or self.alpha == "keep":
            return stored
        return 1 if self.alpha == "only" else stored - 1

    def valid(self, values: NDArray[Any]) -> NDArray[np.bool_] | None:
        """Tell where stored values, (h, w, C), are data, (h, w); None is everywhere.

        Of signed numbers and floats a pixel has none if one of its colours is the value for that
        (or NaN, beside any such value), of unsigned ones if all are, since 0 and 255 may be
        colours too. What is wholly transparent has none unless transparency is dropped or shown.
        """
        colours, cover = self.apart(values)
        missing: NDArray[np.bool_] | None = None
        if self.nodata is not None:
            hit = _equal(colours, self.nodata)
            join = np.all if self.dtype.kind == "u" else np.any
            missing = np.asarray(join(hit, axis=-1))
        if cover is not None and self.alpha == "auto":
            clear = cover[..., 0] == 0
            missing = clear if missing is None else missing | clear
        if missing is None or not missing.any():
            return None
        return np.logical_not(missing)

    def apart(self, values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
        """Part colours from transparency, (h, w, 1)."""
        if self.kind == "none":
            return values, None
        return values[..., :-1], values[..., -1:]

    def image(self, values: NDArray[Any]) -> Pyramid:
        """Turn stored values, (h, w, C), into an image, filled where it has no data."""
        if isinstance(self.value_range, str):
            raise TypeError("the range is not settled")
        valid = self.valid(values)
        colours, cover = self.apart(values)
        if valid is not None:
            stand_in = colours.dtype.type(self.stand_in)
            colours = np.where(valid[..., np.newaxis], colours, stand_in)
        if cover is not None and self.alpha == "only":
            return Pyramid(to_unit(cover, self.name, depth=self.depth), valid)
        unit = to_unit(colours, self.name, depth=self.depth, value_range=self.value_range)
        if cover is not None and self.alpha in ("keep", "composite"):
            shown = to_unit(cover, self.name, depth=self.depth)
            unit = np.concatenate([unit, shown], axis=-1)
            if self.alpha == "composite":
                unit = composite(unit, self.background, premultiplied=self.kind == "premultiplied")
        return Pyramid(unit if valid is None else filled(unit, valid), valid)


def _equal(values: NDArray[Any], nodata: float) -> NDArray[np.bool_]:
    """Where values are that number, as their type would hold it."""
    if values.dtype.kind == "f":
        with np.errstate(over="ignore"):
            same: NDArray[np.bool_] = np.equal(values, values.dtype.type(nodata))
        same |= np.isnan(values)
        return same
    if values.dtype.kind == "b" or nodata != nodata or abs(nodata) == np.inf or nodata % 1:
        return np.zeros(values.shape, bool)
    limits, whole = np.iinfo(values.dtype), int(nodata)
    if not limits.min <= whole <= limits.max:
        return np.zeros(values.shape, bool)
    equal: NDArray[np.bool_] = np.equal(values, values.dtype.type(whole))
    return equal


def settle(
    asked: Meaning, parts: Iterable[Part], shape: tuple[int, int, int], *, quiet: bool = False
) -> Meaning:
    """Look at an image and decide what was left open.

    Parameters
    ----------
    asked : Meaning
        As the user and the file say.
    parts : iterable of Part
        All of the image, or enough of it to go by.
    shape : (int, int, int)
        Rows, columns and stored channels of the whole.
    quiet : bool
        Do not tell what was guessed.

    Returns
    -------
    Meaning
        With ``alpha`` and ``value_range`` decided.

    Raises
    ------
    ImageError
        If no pixel has data, or values that count are NaN or infinite.

    Warns
    -----
    InputWarning
        If the range was guessed, pixels are left out as transparent, or the shape is read from
        transparency. One line for all.
    """
    check_kind(asked.dtype, asked.name)
    explicit = not isinstance(asked.value_range, str)
    looks = asked.kind != "none" and asked.alpha == "auto"
    plain = asked.value_range == "full" and (
        asked.dtype.kind == "b" or asked.dtype in (np.uint8, np.uint16)
    )
    if (explicit or plain) and not looks and asked.nodata is None:
        return replace(asked, value_range=asked.value_range if explicit else None)
    spread, seen, clear, pixels = Spread(shape), _Seen(), 0, 0
    for part in parts:
        valid = asked.valid(part.values)
        colours, cover = asked.apart(part.values)
        spread.add(colours, asked.name, valid, part.place)
        pixels += part.values.shape[0] * part.values.shape[1]
        if looks and cover is not None:
            seen.add(colours, cover)
            clear += int(np.count_nonzero(cover == 0))
    if not spread.low <= spread.high and not (looks and seen.varies):
        raise NoDataError(
            f"{asked.name}: no pixel has data",
            cure=("pass ", Setting("nodata", None), " or ", Setting("alpha", "drop"), " to read "
                  "them all the same"),
        )  # fmt: skip
    said: list[str | Setting] = []
    decided = replace(asked, stand_in=spread.low if spread.low <= spread.high else 0)
    if looks and seen.varies and seen.one_colour(asked):
        decided = replace(decided, alpha="only", value_range=None)
        said = ["one colour, so that its shape is read from transparency; ", Setting("alpha")]
        said += [" decides"]
    else:
        if looks and not clear and pixels == shape[0] * shape[1]:
            decided = replace(decided, alpha="drop")
        if looks and clear:
            said = [f"{clear} transparent pixels are left out as no data; ", Setting("alpha")]
            said += [" decides"]
        if not explicit:
            wanted: Any = asked.value_range
            found = spread.range(asked.dtype, asked.depth, wanted)
            decided = replace(decided, value_range=found)
            if found is not None and found != spread.range(asked.dtype, asked.depth, "full"):
                said += ["; "] if said else []
                said += [f"values {found[0]:.6g} to {found[1]:.6g} taken as 0 to 1; "]
                said += [Setting("value_range"), " decides"]
    if said and not quiet:
        warnings.warn(InputWarning(f"{asked.name}: ", *said), stacklevel=3)
    return decided


class _Seen:
    """Whether there is anything to see but transparency."""

    def __init__(self) -> None:
        self._covers: list[float] = []
        self._low: NDArray[Any] | None = None
        self._high: NDArray[Any] | None = None

    def add(self, colours: NDArray[Any], cover: NDArray[Any]) -> None:
        self._covers += [float(cover.min()), float(cover.max())]
        shown = colours[cover[..., 0] > 0]
        if len(shown):
            low, high = shown.min(axis=0), shown.max(axis=0)
            self._low = low if self._low is None else np.minimum(self._low, low)
            self._high = high if self._high is None else np.maximum(self._high, high)

    @property
    def varies(self) -> bool:
        """Whether it is not equally transparent everywhere."""
        return bool(self._covers) and min(self._covers) < max(self._covers)

    def one_colour(self, meaning: Meaning) -> bool:
        """Whether all that is not transparent has about one colour."""
        if self._low is None or self._high is None:
            return True
        bits = meaning.depth or 8 * meaning.dtype.itemsize
        full = float((1 << bits) - 1) if meaning.dtype.kind == "u" else 1.0
        apart = self._high.astype(np.float64) - self._low.astype(np.float64)
        return bool(apart.max(initial=0) <= _ONE_COLOUR * full)
