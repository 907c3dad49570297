"""Strokes in colours, painted on a copy of the image or on nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.marks.marks import GROUND

__all__ = ["Strokes", "find_strokes"]

# Between the strongest and the weakest of a stroke's channels; soft edges and greys have less.
_STROKE = 96
# Names of hues, and the degrees at which each ends.
_HUES = (
    ("red", 20), ("orange", 45), ("yellow", 75), ("green", 165), ("cyan", 205), ("blue", 260),
    ("violet", 290), ("magenta", 340), ("red", 360),
)  # fmt: skip
_NAMES = tuple(dict.fromkeys(name for name, _ in _HUES))
# What is equal in a copy, and what differs for sure: as it was saved without loss, and by JPEG.
_COPIES = ((3, 8), (16, 48))
_TWO = ("green", "red")
# Green and red have one tone, about; other colours exactly, which mixtures at edges have not.
_NEAR = 40
_ONE_TONE = 0.3
_ONE_COLOUR, _FEWEST = 0.2, 4
# Of what JPEG has blurred, so much is not worth a word.
_MIXED = 0.05
_LEAST = 0.01
_EVEN = 0.7


class Strokes(NamedTuple):
    """Strokes of a picture.

    Attributes
    ----------
    values : ndarray of int32, shape (H, W)
        0 where unmarked, 1 to 254 for labels, `GROUND` for ground.
    told : str
        Which other colours than green and red were taken for what; empty if there is none.
    """

    values: NDArray[np.int32]
    told: str


def find_strokes(
    picture: NDArray[np.uint8],
    name: str,
    *,
    opaque: NDArray[np.bool_] | None = None,
    image: NDArray[np.uint8] | None = None,
    several: bool = True,
    lossy: bool = False,
) -> Strokes:
    """Find the strokes in a picture.

    Green strokes are label 1, red ones ground. Others are the labels from 2 on, or, where nothing
    is green, from 1 on: orange, yellow, cyan, blue, violet, magenta.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
    name : str
        For messages.
    opaque : ndarray of bool, shape (H, W), optional
        Where it is not transparent.
    image : ndarray of uint8, shape (H, W, 3), optional
        If half of the picture is the same or nearly, strokes are looked for where it is not.
    several : bool
        Whether other colours than green and red are labels; they are left out otherwise.
    lossy : bool
        Whether it was stored as JPEG does, which makes colours of its own at the edges of strokes:
        green and red alone are taken then, as in a copy that equals the image only nearly.

    Raises
    ------
    ImageError
        If there are no strokes, or what is a photograph. Says how many colours there are.
    """
    strong = np.ptp(picture, axis=-1) > _STROKE
    if opaque is not None:
        strong &= opaque
    if image is not None and image.shape == picture.shape:
        changed, noisy = _changed(picture, image)
        strong &= changed
        lossy |= noisy
    tones = picture[strong].astype(np.int16)
    hues = _hues(tones)
    used, even = _of_strokes(tones, hues, lossy)
    if 2 * len(tones) > strong.size and even < _EVEN:
        raise ImageError(
            f"{name}: strong colours in many tones cover {len(tones) / strong.size:.0%} of it, "
            "which no strokes do; paint on a copy of this image, or on white"
        )
    others = [hue for hue in used if hue not in _TWO]
    numbers = {"green": 1, "red": GROUND}
    if several:
        start = 2 if "green" in used else 1
        numbers |= {hue: number for number, hue in enumerate(others, start)}
    if not any(hue in numbers for hue in used):
        raise ImageError(f"{name}: {_seen(picture, opaque, used, several and not lossy)}")
    kinds = np.zeros(len(_NAMES), np.int32)
    for hue in used:
        kinds[_NAMES.index(hue)] = numbers.get(hue, 0)
    values = np.zeros(strong.shape, np.int32)
    values[strong] = kinds[hues]
    mixed = int(np.isin(hues, [_NAMES.index(hue) for hue in used], invert=True).sum())
    if lossy and mixed <= _MIXED * len(hues):
        mixed = 0
    return Strokes(values, _told(used, others, numbers, mixed, lossy))


def _changed(
    picture: NDArray[np.uint8], image: NDArray[np.uint8]
) -> tuple[NDArray[np.bool_], bool]:
    """Where a copy differs from the image, and whether it equals it nearly only.

    It differs everywhere if it is no copy.
    """
    apart = (np.maximum(picture, image) - np.minimum(picture, image)).max(axis=-1)
    for (equal, differs), noisy in zip(_COPIES, (False, True), strict=True):
        if 2 * np.count_nonzero(apart <= equal) >= apart.size:
            return apart > differs, noisy
    return np.ones(apart.shape, bool), False


def _hues(tones: NDArray[np.int16]) -> NDArray[np.intp]:
    """Place in `_NAMES` of the hue of each tone, (n, 3), none of them grey."""
    if not len(tones):
        return np.zeros(0, np.intp)
    red, green, blue = tones.T.astype(np.float32)
    span = np.ptp(tones, axis=1).astype(np.float32)
    sixths = np.select(
        [tones.argmax(axis=1) == 0, tones.argmax(axis=1) == 1],
        [(green - blue) / span % 6, (blue - red) / span + 2],
        (red - green) / span + 4,
    )
    ends = [end for _, end in _HUES]
    places = np.array([_NAMES.index(name) for name, _ in _HUES])
    found: NDArray[np.intp] = places[np.searchsorted(ends[:-1], 60 * sixths, side="right")]
    return found


def _of_strokes(
    tones: NDArray[np.int16], hues: NDArray[np.intp], lossy: bool
) -> tuple[list[str], float]:
    """Name the hues of strokes, but for those that come from mixing at their edges.

    Also tells which share of all pixels has the tone of its hue.
    """
    used, even = [], 0
    packed = tones.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
    for place, name in enumerate(_NAMES):
        of = tones[hues == place]
        if not len(of):
            continue
        near = np.abs(of - np.median(of, axis=0)).max(axis=1) <= _NEAR
        even += int(near.sum())
        if len(of) < _LEAST * len(tones):
            continue
        if name in _TWO:
            alike = near.mean() >= _ONE_TONE
        else:
            counts = np.unique(packed[hues == place], return_counts=True)[1]
            alike = not lossy and counts.max() >= max(_ONE_COLOUR * len(of), _FEWEST)
        if alike:
            used.append(name)
    return used, even / max(len(tones), 1)


def _seen(
    picture: NDArray[np.uint8],
    opaque: NDArray[np.bool_] | None,
    used: list[str],
    several: bool,
) -> str:
    shown = picture.reshape(-1, 3) if opaque is None else picture[opaque]
    packed = shown.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
    count = len(np.unique(packed))
    colours = f"{count} colour{'' if count == 1 else 's'}"
    if several:
        return f"{colours}, none of them strong; paint strokes in green, red and other colours"
    strong = f" ({', '.join(used)})" if used else ""
    none = "not" if count == 1 else "none of them"
    return f"{colours}{strong}, {none} green or red; paint the object green and ground red"


def _told(
    used: list[str], others: list[str], numbers: dict[str, int], mixed: int, lossy: bool
) -> str:
    """Say what colours mean, if not only the two that have a meaning of their own."""
    said = []
    for hue in used if others else []:
        number = numbers.get(hue)
        meaning = "ground" if number == GROUND else f"label {number}"
        said.append(f"{hue} is {meaning if number is not None else 'left out'}")
    if mixed:
        pixels = f"{mixed} pixel{'' if mixed == 1 else 's'} of colours"
        if lossy:
            how = "blurred as by JPEG left out; save other than green and red as PNG"
        else:
            how = "mixed at edges left out"
        said.append(f"{pixels} {how}")
    return "strokes: " + ", ".join(said) if said else ""
