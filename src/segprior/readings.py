"""Two readings of an image: one object, found by a vote, or small things, by a threshold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from segprior.appearance import colours_of, find_patches, likely_object
from segprior.grabcut import as_picture, cut, inside
from segprior.images import resize, working_shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Reading",
    "choose",
    "levels_of",
    "noise_of",
    "read",
    "read_object",
    "read_things",
    "share_of",
]

# Longest side at which voters look for one object.
_OBJECT_SIZE = 256
# Standard deviations of the place of the object, and insets of rectangles, for the voters.
WIDTHS = (0.30, 0.22)
INSETS = (0.03, 0.08, 0.15)
# Pieces of a voter's mask smaller than this share of its largest are dropped.
_PIECE = 0.1
# Where at least this share of the voters sees the object, their agreement counts.
_SEEN = 0.2
# Longest side at which things are thresholded, and the share of it over which the grey levels of
# things and ground are averaged.
LARGEST_SIZE = 640
_NEAR = 1 / 80
# The smaller side of the threshold is ground all the same if it has this share of the border.
_RIM = 0.75
# Standard deviation of noise above which the image is blurred first, and by how much, in pixels.
_NOISY, _BLUR = 0.04, 2.0
# Of the choice between the readings: logistic regression, see docs/quality.md.
_AGREEMENT, _FLATNESS, _OFFSET = -12.0, -14.5, 11.2


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One reading of an image.

    Attributes
    ----------
    kind : {"object", "things"}
        Which.
    share : ndarray of float32, shape (h, w)
        Above ½ where there is foreground.
    score : float
        In [0, 1], how far to trust it: the voters' agreement, or how well the levels separate.
    evidence : dict of str to float
        What the score and the choice rest on.
    levels : ndarray of float32, shape (2, h, w), optional
        Of ground and things, by place.
    sign : int
        -1 where things are darker than their ground and the levels, so, those of the negative.
    """

    kind: Literal["object", "things"]
    share: NDArray[np.float32]
    score: float
    evidence: dict[str, float]
    levels: NDArray[np.float32] | None = None
    sign: int = 1


def read(
    image: NDArray[np.float32], seed: int, reading: Literal["auto", "object", "things"] = "auto"
) -> Reading:
    """Read an image in the way that fits it, or in the one asked for.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1], not all one colour.
    seed : int
        Of the voters.
    reading : {"auto", "object", "things"}
        Which reading to take.

    Returns
    -------
    Reading
        ``evidence`` also has ``reading``, 1 for things; ``noise``, an estimate of its standard
        deviation, above .04 of which the image is blurred first; and where both readings were
        made ``things``, the probability of theirs.
    """
    small = resize(image, working_shape(image.shape, LARGEST_SIZE))
    noise = noise_of(small)
    if noisy := noise > _NOISY:
        from scipy import ndimage

        image = ndimage.gaussian_filter(small, (_BLUR, _BLUR, 0))
    if reading == "object":
        found = read_object(image, seed)
    elif reading == "things":
        found = read_things(image)
    else:
        one, many = read_object(image, seed), read_things(image)
        found, probability = choose(one, many)
        found.evidence.update(one.evidence | many.evidence, things=probability)
    found.evidence.update(reading=float(found.kind == "things"), noise=noise)
    # Against the levels of a blurred image single pixels of a noisy one cannot be told.
    return replace(found, levels=None) if noisy else found


def noise_of(image: NDArray[np.float32]) -> float:
    """Estimate the standard deviation of white noise, in units of the image's range.

    The median of the mixed differences of 2 × 2 pixels, which edges along rows or columns and
    gradients leave at 0, over that of a normal distribution; the mean over the channels.
    """
    mixed = (image[:-1, :-1] - image[1:, :-1] - image[:-1, 1:] + image[1:, 1:]) / 2
    return float(np.median(np.abs(mixed), axis=(0, 1)).mean() / 0.6745)


def read_object(image: NDArray[np.float32], seed: int) -> Reading:
    """Find one object by the vote of seven masks.

    Two come from what object and ground look like when the object is near the centre
    (:func:`segprior.appearance.likely_object`), two from cutting the image along its edges from
    there, three from cutting centred rectangles (GrabCut).

    Parameters
    ----------
    image : ndarray of float32, shape (h, w, C)
        In [0, 1], not all one colour; reduced to a longest side of 256.
    seed : int
        Of K-means and of the mixtures of Gaussians.

    Returns
    -------
    Reading
        ``share`` is that of the voters, ``score`` the mean of ``abs(2 * share - 1)`` where
        any fifth of them sees the object.
    """
    image = resize(image, working_shape(image.shape, _OBJECT_SIZE))
    picture = as_picture(image)
    patches = find_patches(colours_of(image), seed)
    masks = []
    for width in WIDTHS:
        likely = likely_object(patches, width=width)
        guess = likely > _threshold(likely)
        masks += [guess, _large_pieces(cut(picture, guess, seed, iterations=3))]
    for inset in INSETS:
        box = np.zeros(image.shape[:2], bool)
        box[inside(image.shape, inset)] = True
        masks.append(_large_pieces(cut(picture, box, seed, ground=~box)))
    share: NDArray[np.float32] = np.stack(masks).mean(axis=0, dtype=np.float32)
    seen = share > _SEEN
    score = float(np.abs(2 * share - 1)[seen].mean(dtype=np.float64)) if seen.any() else 0.0
    return Reading(kind="object", share=share, score=score, evidence={"agreement": score})


def _threshold(likely: NDArray[np.float64]) -> float:
    """Otsu's threshold of a map of probabilities, not above ½ and not near 0."""
    from skimage.filters import threshold_otsu

    if np.ptp(likely) < 1e-3:
        return 0.5
    return min(0.5, max(0.15, float(threshold_otsu(likely))))


def _large_pieces(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy import ndimage

    pieces, count = ndimage.label(mask)
    if count < 2:
        return mask
    area = np.bincount(pieces.ravel())
    area[0] = 0
    large: NDArray[np.bool_] = (area >= _PIECE * area.max())[pieces]
    return large


def read_things(image: NDArray[np.float32]) -> Reading:
    """Find things that are brighter or darker than their ground, however many.

    The square root of the grey image, lightly smoothed, is split at Otsu's threshold; the side
    with fewer pixels is foreground. The threshold then follows the levels of things and ground
    nearby: half way between their local means, four times over.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1]. Grey is the mean of the channels.

    Returns
    -------
    Reading
        ``share`` goes from 0 at the level of the ground to 1 at that of the things.
        ``score`` comes from the share of the variance that the threshold explains (Otsu's
        criterion). ``evidence`` holds it as ``separability``, and ``flatness``, the standard
        deviation of the flatter side over that of the image.

    References
    ----------
    .. [1] N. Otsu, "A threshold selection method from gray-level histograms", IEEE Transactions
       on Systems, Man and Cybernetics 9, 1979.
    """
    from skimage.filters import threshold_otsu

    small = resize(image, working_shape(image.shape, LARGEST_SIZE))
    level = levels_of(small)
    if np.ptp(level) < 1e-6:
        return Reading(
            kind="things",
            share=np.zeros(level.shape, np.float32),
            score=0.0,
            evidence={"separability": 0.0, "flatness": 1.0},
        )
    bright = level > threshold_otsu(level)
    few = float(bright.mean(dtype=np.float64))
    variance = float(level.var())
    between = (level[bright].mean() - level[~bright].mean()) ** 2 * few * (1 - few)
    separability = float(between / variance)
    flatness = float(min(level[bright].std(), level[~bright].std()) / np.sqrt(variance))
    sign = 1
    # What owns most of the border is the ground of an object that fills the frame.
    if (few > 0.5) != (_on_border(bright if few <= 0.5 else ~bright) > _RIM):
        sign, level, bright = -1, -level, ~bright
    over = max(small.shape) * _NEAR
    things, ground = level[bright].mean(), level[~bright].mean()
    for _ in range(4):
        high = _local_mean(level, bright, over, things)
        low = _local_mean(level, ~bright, over, ground)
        bright = level > (high + low) / 2
        if not bright.any() or bright.all():
            break
    levels = np.stack([low, high]).astype(np.float32)
    return Reading(
        kind="things",
        share=share_of(level, *levels),
        score=float(np.clip((separability - 0.5) / 0.45, 0, 1)),
        evidence={"separability": separability, "flatness": flatness},
        levels=levels,
        sign=sign,
    )


def levels_of(image: NDArray[np.float32]) -> NDArray[np.float64]:
    """Square root of the mean channel, lightly smoothed: what things are told by, (h, w)."""
    from scipy import ndimage

    raw = np.sqrt(image.mean(axis=2, dtype=np.float64))
    smooth: NDArray[np.float64] = ndimage.gaussian_filter(raw, 0.7)
    return smooth


def share_of(
    level: NDArray[np.float64], low: NDArray[np.float32], high: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Where a level lies between that of the ground, 0, and that of the things, 1."""
    share = 0.5 + (level - (high + low) / 2) / np.maximum(np.abs(high - low), 1e-9)
    clipped: NDArray[np.float32] = np.clip(share, 0, 1).astype(np.float32)
    return clipped


def _on_border(mask: NDArray[np.bool_]) -> float:
    """Share of the pixels along the border that are in a mask."""
    return float(np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]]).mean())


def _local_mean(
    level: NDArray[np.float64], mask: NDArray[np.bool_], over: float, everywhere: float
) -> NDArray[np.float64]:
    """Mean level of the masked pixels nearby, or of all of them where few are near."""
    from scipy import ndimage

    weight = ndimage.gaussian_filter(mask.astype(float), over)
    total = ndimage.gaussian_filter(level * mask, over)
    mean: NDArray[np.float64] = (total + 0.05 * everywhere) / (weight + 0.05)
    return mean


def choose(one: Reading, many: Reading) -> tuple[Reading, float]:
    """Tell which reading fits an image, and how probable it is that small things do.

    Voters that agree on an object speak for it; levels of which one side is flat speak for
    things on a plain ground.

    Parameters
    ----------
    one, many : Reading
        Of :func:`read_object` and :func:`read_things`.

    Returns
    -------
    reading : Reading
    probability : float
        Of the things.
    """
    odds = _AGREEMENT * one.evidence["agreement"] + _FLATNESS * many.evidence["flatness"] + _OFFSET
    probability = 1 / (1 + float(np.exp(-odds)))
    return (many if probability > 0.5 else one), probability
