"""The axis along which things differ from their ground: grey, or a mixture of the bands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from segprior.image.otsu import otsu_threshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TellingAxis", "find_axis"]

# Values are taken from these percentiles on, and this much is added before the root, so that
# steps of the darkest values do not count as much as those of things.
_LOW, _HIGH, _DARK = 0.5, 99.5, 0.1
# Standard deviation of the smoothing, in pixels.
_SMOOTH = 0.7
# How much more of the variance a mixture of bands must explain to be taken in place of grey.
_BETTER = 0.04
# Mean difference of the bands from grey below which there is no colour to speak of.
_COLOURLESS = 0.004
# Pixels that are looked at, about; rounds of refinement; the smallest class.
_LOOKED_AT, _ROUNDS, _FEWEST = 20_000, 3, 0.002
# Of the variances that are added to those within the classes.
_RIDGE = 1e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class TellingAxis:
    """A scale on which things and ground are far apart.

    Attributes
    ----------
    low, high : ndarray of float64, shape (C,) or (1,)
        What is taken for 0 and 1: of each band, or of their mean.
    weights : ndarray of float64, shape (C,), or None
        Of the roots of the bands; None for grey, the root of their mean.
    separability : float
        Share of the variance that a threshold explains on this scale (Otsu's criterion).
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    weights: NDArray[np.float64] | None
    separability: float

    def levels(self, image: NDArray[np.float32]) -> NDArray[np.float64]:
        """Where pixels lie on the scale, lightly smoothed.

        Parameters
        ----------
        image : ndarray of float32, shape (h, w, C)
            The one that the axis was found on, or a part of it at any scale.

        Returns
        -------
        ndarray of float64, shape (h, w)
        """
        from scipy import ndimage

        bands = (
            image.mean(axis=2, keepdims=True, dtype=np.float64) if self.weights is None else image
        )
        level = np.zeros(image.shape[:2])
        weights = np.ones(1) if self.weights is None else self.weights
        for band, low, high, weight in zip(
            np.moveaxis(bands, 2, 0), self.low, self.high, weights, strict=True
        ):
            level += weight * _root(band, low, high)
        smooth: NDArray[np.float64] = ndimage.gaussian_filter(level, _SMOOTH)
        return smooth


def find_axis(image: NDArray[np.float32]) -> TellingAxis:
    """Let the image say along which axis its things and its ground differ.

    It is grey unless the bands tell more: from each band and each principal component on, the
    pixels are split by Otsu's threshold, and the axis is turned to where the two sides are
    furthest apart for their spread (Fisher's discriminant), three times over.

    Parameters
    ----------
    image : ndarray of float32, shape (h, w, C)
        Finite.

    Returns
    -------
    TellingAxis
        The same at any gain and offset of the values but for rounding, and for grey also at those
        of single bands.

    References
    ----------
    .. [1] R. A. Fisher: The use of multiple measurements in taxonomic problems. Annals of Eugenics
       7(2), 1936. doi:10.1111/j.1469-1809.1936.tb02137.x
    .. [2] N. Otsu: A threshold selection method from gray-level histograms. IEEE Transactions on
       Systems, Man and Cybernetics 9, 1979. doi:10.1109/TSMC.1979.4310076
    """
    mean = image.mean(axis=2, keepdims=True, dtype=np.float64)
    low, high = _range(mean)
    grey = TellingAxis(low=low, high=high, weights=None, separability=0.0)
    level = grey.levels(image)
    told = _split(level.ravel())[1]
    grey = TellingAxis(low=low, high=high, weights=None, separability=told)
    if float(np.abs(image - mean).mean()) < _COLOURLESS * float((high - low)[0]):
        return grey
    mixed = _mixture(image)
    return mixed if mixed.separability > told + _BETTER else grey


def _range(bands: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What is taken for 0 and for 1 of each band; of a band of one value that, and 1 more."""
    low, high = np.percentile(bands.reshape(-1, bands.shape[2]), [_LOW, _HIGH], axis=0)
    flat = high - low <= 1e-6
    if flat.any():
        # Few pixels are all that differ.
        lowest, highest = bands.min(axis=(0, 1)), bands.max(axis=(0, 1))
        low, high = np.where(flat, lowest, low), np.where(flat, highest, high)
    return low.astype(np.float64), np.where(high > low, high, low + 1).astype(np.float64)


def _root(band: NDArray[np.floating], low: np.float64, high: np.float64) -> NDArray[np.float64]:
    root: NDArray[np.float64] = np.sqrt(
        np.maximum((band.astype(np.float64) - low) / (high - low), 0) + _DARK
    )
    return root


def _split(values: NDArray[np.float64]) -> tuple[NDArray[np.bool_], float]:
    """What lies above Otsu's threshold, and the share of the variance that this explains."""
    variance = float(values.var())
    if variance < 1e-12:
        return np.zeros(values.shape, bool), 0.0
    above = values > otsu_threshold(values)
    share = float(above.mean())
    if share in (0.0, 1.0):
        return above, 0.0
    apart = float(values[above].mean() - values[~above].mean())
    return above, apart * apart * share * (1 - share) / variance


def _mixture(image: NDArray[np.float32]) -> TellingAxis:
    """The mixture of bands that a threshold explains best."""
    from scipy import ndimage

    low, high = _range(image)
    step = max(1, math.isqrt(image.shape[0] * image.shape[1] // _LOOKED_AT))
    smooth = ndimage.gaussian_filter(image, (_SMOOTH, _SMOOTH, 0))[::step, ::step]
    bands = np.moveaxis(smooth, 2, 0)
    roots = [_root(*of).ravel() for of in zip(bands, low, high, strict=True)]
    pixels = np.stack(roots, axis=1)
    pixels -= pixels.mean(axis=0)
    covariance = np.einsum("ij,ik->jk", pixels, pixels) / len(pixels)
    covariance += np.eye(len(roots)) * (_RIDGE * np.trace(covariance) / len(roots) + 1e-12)
    best, told = np.ones(len(roots)), -1.0
    for start in (*np.eye(len(roots)), *np.linalg.eigh(covariance)[1].T):
        weights = start
        for _ in range(_ROUNDS + 1):
            above, separability = _split(np.einsum("ij,j->i", pixels, weights))
            if separability > told:
                best, told = weights, separability
            share = float(above.mean())
            if not _FEWEST < share < 1 - _FEWEST:
                break
            apart = pixels[above].mean(axis=0) - pixels[~above].mean(axis=0)
            within = covariance - share * (1 - share) * np.outer(apart, apart)
            weights = np.linalg.solve(within, apart)
    scale = np.sqrt(float(best @ covariance @ best))
    return TellingAxis(low=low, high=high, weights=best / scale, separability=told)
