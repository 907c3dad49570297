"""What colours object and ground have, learnt from where an object is likely to be."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.regions.adjacency import laplacian, symmetric
from segprior.runtime.devices import thread_count
from segprior.runtime.seeding import as_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

__all__ = ["RegionColours", "describe_regions", "likely_object"]

# About a third of the mean distance of two colours in Lab: how alike colours count as one.
_DRAWN = 5000
_ROUNDS = 10
_SETTLED = 0.005


@dataclass(frozen=True, kw_only=True)
class RegionColours:
    """An image in regions, each with a histogram of its colours.

    Attributes
    ----------
    area : ndarray of float64, shape (n,)
        Their pixels, over their mean.
    colours : ndarray of float64, shape (n, K)
        Shares of K typical colours in each, or of K words of another kind.
    affinity : sparse array of float64, shape (n, n)
        How weak the edge between neighbours is, summed over their common border.
    """

    area: NDArray[np.float64]
    colours: NDArray[np.float64]
    affinity: sparse.csr_array


def describe_regions(
    labels: NDArray[Any], lab: NDArray[np.float32], seed: int, *, n_colours: int = 200
) -> RegionColours:
    """Count the colours of the regions of an image.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        Small regions along the edges, 0..n-1.
    lab : ndarray of float32, shape (H, W, C)
        Colours in units of Lab, see :func:`segprior.image.colour.as_colours`; not all one
        colour.
    seed : int
        Of the typical colours, which are centroids of K-means.
    n_colours : int
        At most how many typical colours.

    Returns
    -------
    RegionColours
    """
    from scipy.spatial import KDTree

    channels = lab.shape[2]
    labels = labels.astype(np.intp)
    count = int(labels.max()) + 1
    pixels = lab.reshape(-1, channels) / np.sqrt(lab.reshape(-1, channels).var(0).sum())
    typical = _typical(pixels, n_colours, seed)
    nearest = KDTree(typical).query(pixels, workers=thread_count())[1]
    area = np.bincount(labels.ravel(), minlength=count).astype(float)
    shape = (count, len(typical))
    counts = np.bincount(labels.ravel() * len(typical) + nearest, minlength=count * len(typical))
    return RegionColours(
        area=area / area.mean(),
        colours=(counts.reshape(shape) / area[:, None]) @ _sharing(typical),
        affinity=_affinity(labels, lab, count),
    )


def _typical(pixels: NDArray[np.float32], most: int, seed: int) -> NDArray[np.float64]:
    from scipy.cluster.vq import kmeans2

    draw = np.random.default_rng(as_seed(seed))
    drawn = pixels[draw.choice(len(pixels), min(_DRAWN, len(pixels)), replace=False)]
    different = np.unique(drawn, axis=0).astype(float)
    if len(different) <= most:
        return different
    start = different[draw.choice(len(different), most, replace=False)]
    with warnings.catch_warnings():
        # A colour that ends up with no pixel is dropped below.
        warnings.simplefilter("ignore", UserWarning)
        centroids, owner = kmeans2(drawn.astype(float), start, minit="matrix", iter=8)
    kept: NDArray[np.float64] = centroids[np.unique(owner)]
    return kept


def _sharing(typical: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of its count each typical colour gives to the others, (K, K)."""
    apart = np.sqrt(((typical[:, None] - typical[None]) ** 2).sum(-1))
    width = np.median(np.sort(apart, axis=1)[:, 1:4]) if len(typical) > 1 else 1.0
    share = np.exp(-(apart**2) / (2 * max(float(width), 1e-3) ** 2))
    normal: NDArray[np.float64] = share / share.sum(axis=1, keepdims=True)
    return normal


def _affinity(labels: NDArray[np.intp], lab: NDArray[np.float32], count: int) -> Any:
    pairs = []
    steps = []
    total = 0.0
    for one, other, first, second in (
        (labels[:-1], labels[1:], lab[:-1], lab[1:]),
        (labels[:, :-1], labels[:, 1:], lab[:, :-1], lab[:, 1:]),
    ):
        step = ((first - second) ** 2).sum(-1, dtype=np.float64)
        between = one != other
        pairs.append((one[between], other[between]))
        steps.append(step[between])
        total += float(step.sum())
    mean = total / (2 * labels.size - sum(labels.shape)) or 1.0
    weight = np.exp(-np.concatenate(steps) / (2 * mean))
    i, j = (np.concatenate(ends) for ends in zip(*pairs, strict=True))
    return symmetric(weight, i, j, count)


def likely_object(
    regions: RegionColours,
    place: NDArray[np.float64],
    *,
    smoothness: float = 0.03,
    rounds: int = _ROUNDS,
    settled: float = _SETTLED,
) -> NDArray[np.float64]:
    """Find where the object probably is, from nothing but a first guess.

    Colours of object and ground are learnt from the guess; each region's odds are those of its
    colours times those of the guess, smoothed over weak edges; and again, from these odds, until
    nothing changes.

    Parameters
    ----------
    regions : RegionColours
        Of the image.
    place : ndarray of float64, shape (n,)
        How likely each region is the object, above 0 and below 1.
    smoothness : float
        Weight of the edges against the odds.
    rounds : int
        How often, at most.
    settled : float
        No more once no probability changes by as much.

    Returns
    -------
    ndarray of float64, shape (n,)
        Probability of the object.
    """
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import splu

    odds = np.log(place / (1 - place))
    affinity, area, colours = regions.affinity, regions.area, regions.colours
    smoother = splu((diags_array(area) + smoothness * laplacian(affinity)).tocsc())
    all_colours = area @ colours
    rare = 0.5 * all_colours / all_colours.sum()
    share = place
    for _ in range(rounds):
        fore = (area * share) @ colours + rare
        back = (area * (1 - share)) @ colours + rare
        ratio = np.log((fore / fore.sum()) / (back / back.sum()))
        found = 1 / (1 + np.exp(-np.clip(colours @ ratio + odds, -30, 30)))
        smooth = smoother.solve(area * found)
        change = np.abs(smooth - share).max()
        share = np.clip(smooth, 0, 1)
        if change < settled:
            break
    return share
