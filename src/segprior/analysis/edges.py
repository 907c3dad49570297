"""Canny edges as the DSP publication sets them, and how well two sets of edges agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.analysis.spectrum import to_grey
from segprior.errors import ImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EdgeAgreement", "canny_edges", "edge_agreement"]

_SIGMA, _REACH = 1.4, 2
_HIGH, _LOW = 0.17, 0.09


@dataclass(frozen=True, kw_only=True)
class EdgeAgreement:
    """How one set of edges answers to another.

    Attributes
    ----------
    precision : float
        Share of the edge pixels found that have a true one nearby; NaN if none were found.
    recall : float
        Share of the true edge pixels that have a found one nearby; NaN if there are none.
    f : float
        Their harmonic mean; NaN if either is, 0 if both are 0.
    """

    precision: float
    recall: float
    f: float


def canny_edges(image: NDArray[Any]) -> NDArray[np.bool_]:
    """Find edges with the settings of the DSP publication, on the grey image.

    Gaussian of σ = 1.4 in a 5×5 window; the high threshold is .17 of the largest gradient and
    the low one .09 of the high.

    Parameters
    ----------
    image : ndarray of shape (H, W) or (H, W, C)
        Any scale; made grey by :func:`segprior.analysis.spectrum.to_grey`.

    Returns
    -------
    ndarray of bool, shape (H, W)
        Nothing if the image has one colour. The outermost pixels are never edges.

    References
    ----------
    .. [1] J. Canny, "A Computational Approach to Edge Detection", IEEE TPAMI 8(6), 1986,
       doi:10.1109/TPAMI.1986.4767851.
    """
    from scipy import ndimage
    from skimage.feature import canny

    grey = to_grey(image)
    smooth = ndimage.gaussian_filter(grey, _SIGMA, radius=_REACH, mode="nearest")
    gradient = np.hypot(ndimage.sobel(smooth, axis=0), ndimage.sobel(smooth, axis=1))
    steepest = float(gradient.max())
    if steepest <= 1e-6 * max(1.0, float(np.abs(grey).max())):  # what rounding leaves
        return np.zeros(grey.shape, bool)
    high = _HIGH * steepest
    # Smoothed before, because scikit-image cuts its window at 4σ, which is 13×13.
    edges: NDArray[np.bool_] = canny(
        smooth, sigma=0, low_threshold=_LOW * high, high_threshold=high, mode="nearest"
    )
    return edges


def edge_agreement(
    truth: NDArray[np.bool_], found: NDArray[np.bool_], *, tolerance: float = 2.0
) -> EdgeAgreement:
    """Compare edges with a tolerance.

    Parameters
    ----------
    truth, found : ndarray of bool, shape (H, W)
        Edge pixels.
    tolerance : float
        Distance in pixels, between centres, up to which an edge counts as the same. Several
        pixels may answer to one.

    Returns
    -------
    EdgeAgreement

    Raises
    ------
    ImageError
        If the shapes differ.
    """
    if truth.shape != found.shape:
        raise ImageError(f"got edges of {truth.shape} and {found.shape}; pass equal sizes")
    precision, recall = _near(found, truth, tolerance), _near(truth, found, tolerance)
    total = precision + recall
    f = 2 * precision * recall / total if total != 0 else 0.0
    return EdgeAgreement(precision=precision, recall=recall, f=f)


def _near(these: NDArray[np.bool_], those: NDArray[np.bool_], tolerance: float) -> float:
    """Share of ``these`` that lie within ``tolerance`` of one of ``those``."""
    from scipy import ndimage

    if not these.any():
        return float("nan")
    if not those.any():
        return 0.0
    distance = ndimage.distance_transform_edt(~those)
    return float((distance[these] <= tolerance).mean())
