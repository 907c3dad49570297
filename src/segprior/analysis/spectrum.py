"""Power spectra of images, and the low-pass filters that a prior is compared with."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.errors import ConfigError, ImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Octave",
    "Spectrum",
    "compare_octaves",
    "low_pass",
    "power_spectrum",
    "psnr",
    "to_grey",
]

_LUMA = (0.2989, 0.5870, 0.1140)
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Spectrum:
    """Power of an image by spatial frequency, whatever its direction.

    Attributes
    ----------
    frequency : ndarray of float64, shape (B,)
        Radius of each ring, in cycles per pixel: 0, and then whole multiples of 1 over the
        shorter side, the last in the corners, at about ``sqrt(0.5)``.
    power : ndarray of float64, shape (B,)
        Mean power of the ring's frequencies, in squared units of the image.
    count : ndarray of float64, shape (B,)
        How many frequencies the ring holds, the shared ones in part;
        ``(power * count).sum()`` is the mean of the squared grey image (Parseval's theorem).
    """

    frequency: NDArray[np.float64]
    power: NDArray[np.float64]
    count: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Octave:
    """How two images compare in one octave of spatial frequency.

    Attributes
    ----------
    low, high : float
        The octave holds the frequencies ``low < f <= high``, in cycles per pixel.
    kept : float
        Power of the second image over that of the first; NaN if the first has none.
    coherence : float
        Correlation of the two in the octave, in [-1, 1]: 1 if the second is the first, weaker
        or stronger; NaN if either has no power there beyond what rounding leaves.
    """

    low: float
    high: float
    kept: float
    coherence: float


def to_grey(image: NDArray[Any]) -> NDArray[np.float64]:
    """Reduce an image to one plane.

    Parameters
    ----------
    image : ndarray of shape (H, W) or (H, W, C)
        Three channels are weighted .2989, .5870 and .1140 as red, green and blue; of any other
        number the mean is taken.

    Returns
    -------
    ndarray of float64, shape (H, W)
    """
    values = np.asarray(image, np.float64)
    if values.ndim == 2:
        return values
    if values.ndim != 3:
        raise ImageError(f"got an image of shape {values.shape}; pass (H, W) or (H, W, C)")
    grey: NDArray[np.float64] = (
        values @ np.array(_LUMA) if values.shape[2] == 3 else values.mean(axis=2)
    )
    return grey


def psnr(image: NDArray[Any], other: NDArray[Any]) -> float:
    """Peak signal-to-noise ratio of two images in [0, 1], in dB; infinite if they are equal."""
    error = float(np.mean((np.asarray(image, np.float64) - np.asarray(other, np.float64)) ** 2))
    return float("inf") if error == 0 else -10 * float(np.log10(error))


def power_spectrum(image: NDArray[Any]) -> Spectrum:
    """Average the power of an image over rings around the zero frequency.

    Parameters
    ----------
    image : ndarray of shape (H, W) or (H, W, C)
        Made grey by :func:`to_grey`; any aspect.

    Returns
    -------
    Spectrum
        The first ring is the zero frequency alone. Any other frequency is shared between the two
        rings that it lies between, by its distance to them; what lies below the second ring
        belongs to it.

    Notes
    -----
    Sharing keeps the curve smooth where the sides differ: with whole frequencies, the strong ones
    on the axes, which come of the image not being periodic, would meet in some rings and miss
    others.

    Examples
    --------
    >>> import numpy as np
    >>> from segprior.analysis.spectrum import power_spectrum
    >>> wave = np.sin(2 * np.pi * 0.125 * np.arange(64)) * np.ones((32, 1))
    >>> spectrum = power_spectrum(wave)
    >>> float(spectrum.frequency[spectrum.power.argmax()])
    0.125
    """
    transform, radius = _transform(to_grey(image))
    step = 1 / min(transform.shape)
    place = (radius / step).ravel()
    # The zero frequency stays alone: it is far stronger than all others.
    place[1:] = np.maximum(place[1:], 1)
    inner = np.floor(place + _ROUNDING).astype(np.intp)
    share = np.clip(place - inner, 0, 1)
    power = (np.abs(transform) ** 2).ravel()
    size = int(inner.max()) + 2
    count = np.bincount(inner, 1 - share, size).astype(np.float64)
    count += np.bincount(inner + 1, share, size)
    total = np.bincount(inner, (1 - share) * power, size)
    total += np.bincount(inner + 1, share * power, size)
    there = np.flatnonzero(count)
    return Spectrum(frequency=there * step, power=total[there] / count[there], count=count[there])


def low_pass(image: NDArray[Any], cutoff: float = 0.1) -> NDArray[np.float32]:
    """Keep the low spatial frequencies of an image.

    Parameters
    ----------
    image : ndarray of shape (H, W) or (H, W, C)
        Any scale.
    cutoff : float
        Frequencies below it on both axes are kept, in cycles per pixel; above 0.

    Returns
    -------
    ndarray of float32
        Of the shape of ``image``, not clipped. The filter takes the image for periodic and rings
        at edges, as a sharp cut in frequency does.

    Raises
    ------
    ConfigError
        If the cutoff is not above 0.
    """
    if not cutoff > 0:
        raise ConfigError(f"got cutoff={cutoff!r}; pass cycles per pixel above 0, such as 0.1")
    values = np.asarray(image, np.float64)
    transform = np.fft.fft2(values, axes=(0, 1))
    rows, columns = (np.abs(np.fft.fftfreq(side)) < cutoff for side in values.shape[:2])
    kept = np.outer(rows, columns).reshape(values.shape[:2] + (1,) * (values.ndim - 2))
    filtered: NDArray[np.float64] = np.fft.ifft2(transform * kept, axes=(0, 1)).real
    return filtered.astype(np.float32)


def compare_octaves(image: NDArray[Any], other: NDArray[Any]) -> list[Octave]:
    """Say, octave by octave, how much of an image is in another.

    Parameters
    ----------
    image, other : ndarray of shape (H, W) or (H, W, C)
        Of the same rows and columns; made grey by :func:`to_grey`.

    Returns
    -------
    list of Octave
        From the highest down: from .5 cycles per pixel to the corners of the spectrum, then
        .25 to .5, .125 to .25 and so on, down to the one that holds the lowest frequency. The
        zero frequency is in none.

    Raises
    ------
    ImageError
        If the two differ in size.
    """
    first, second = to_grey(image), to_grey(other)
    if first.shape != second.shape:
        raise ImageError(f"got images of {first.shape} and {second.shape}; pass equal sizes")
    one, radius = _transform(first)
    two, _ = _transform(second)
    lowest = 1 / max(first.shape)
    edges = [float(np.sqrt(0.5)), 0.5]
    while edges[-1] >= lowest:
        edges.append(edges[-1] / 2)
    octaves = []
    for high, low in itertools.pairwise(edges):
        inside = (radius > low) & (radius <= high + _ROUNDING)
        mine, its = (float((np.abs(t[inside]) ** 2).sum()) for t in (one, two))
        both = min(mine, its) > _ROUNDING * max(mine, its)
        common = float((one[inside] * two[inside].conj()).real.sum())
        octaves.append(
            Octave(
                low=low,
                high=high,
                kept=its / mine if mine > 0 else float("nan"),
                coherence=common / (mine * its) ** 0.5 if both else float("nan"),
            )
        )
    return octaves


def _transform(grey: NDArray[np.float64]) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
    """Fourier transform whose squares add up to the mean square, and radius of each frequency."""
    transform = np.fft.fft2(grey) / grey.size
    rows, columns = (np.fft.fftfreq(side) for side in grey.shape)
    return transform, np.hypot(rows[:, None], columns[None, :])
