"""Mean shift: superpixels whose colour and place climb to one peak of density are a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from segprior.config.checks import from_zero, positive
from segprior.config.presets import Presets
from segprior.features.superpixels import find_superpixels
from segprior.image.colour import as_colours
from segprior.image.pyramid import Pyramid
from segprior.methods.method import Context, Method
from segprior.methods.multiclass.classes import Classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["METHOD", "MeanShiftConfig", "shift_means"]

# The method's own number of superpixels, and how compact they are.
_SUPERPIXELS, _COMPACTNESS = 800, 10.0


@dataclass(frozen=True, kw_only=True)
class MeanShiftConfig(Presets):
    """Options of mean shift.

    Parameters
    ----------
    bandwidth : float
        Radius, in units of CIE Lab, within which colours count as near; fewer classes if larger.
    nearness : float
        How many of these units the longest side of the image counts for; 0 is colour alone.
    """

    bandwidth: float = 12.0
    nearness: float = 20.0

    def __post_init__(self) -> None:
        positive("bandwidth", self.bandwidth)
        from_zero("nearness", self.nearness)


def shift_means(image: Pyramid, options: MeanShiftConfig, context: Context) -> Classes:
    """Find the peaks of the density of colour and place, and the superpixels that climb to each.

    Parameters
    ----------
    image : Pyramid
        Looked at at the working size.
    options : MeanShiftConfig
    context : Context

    Returns
    -------
    Classes
        At the working size. The confidence of a pixel is 1 - d / e, where d is the distance of its
        superpixel to its own peak and e that to the next; 1 if there is one peak.

    References
    ----------
    .. [1] D. Comaniciu and P. Meer, "Mean Shift: A Robust Approach Toward Feature Space Analysis",
       IEEE TPAMI 24 (2002), doi:10.1109/34.1000236.
    """
    from sklearn.cluster import MeanShift

    small = image.at(context.config.working_size)
    superpixels = find_superpixels(small, n_superpixels=_SUPERPIXELS, compactness=_COMPACTNESS)
    points = _described(as_colours(small), superpixels, options.nearness)
    peaks = MeanShift(bandwidth=options.bandwidth, bin_seeding=True).fit(points).cluster_centers_
    apart = np.sqrt(((points[:, None] - peaks) ** 2).sum(-1))  # (superpixels, peaks)
    sure = np.ones(len(points))
    if len(peaks) > 1:
        nearest, second = np.partition(apart, 1, axis=1)[:, :2].T
        sure = 1 - nearest / np.maximum(second, 1e-9)
    return Classes(
        labels=apart.argmin(axis=1).astype(np.int32)[superpixels],
        confidence=sure.astype(np.float32)[superpixels],
        evidence={"found": float(len(peaks)), "superpixels": float(len(points))},
    )


def _described(
    colours: NDArray[np.float32], superpixels: NDArray[np.int32], nearness: float
) -> NDArray[np.float64]:
    """Mean colour and place of each superpixel, (superpixels, C + 2)."""
    rows, columns = superpixels.shape
    scale = nearness / max(rows, columns)
    places = [np.indices(superpixels.shape)[axis] * scale for axis in (0, 1)]
    area = np.bincount(superpixels.ravel())
    return np.stack(
        [
            np.bincount(superpixels.ravel(), plane.ravel()) / area
            for plane in (*np.moveaxis(colours, 2, 0), *places)
        ],
        axis=1,
    )


METHOD = Method(
    name="mean-shift",
    kind="regions",
    config=MeanShiftConfig,
    run=shift_means,
    summary="mean shift of the colours and places of superpixels",
)
