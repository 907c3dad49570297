"""How much each region stands out from what reaches the border of the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segprior.regions.places import border_lengths, central, means, middles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.regions.merging import Judged

__all__ = ["WEIGHTS", "evidence_of_object", "saliency"]

# Log odds of the object, by each of what `evidence_of_object` gives, in its order, and without any
# of it: logistic regression on horses, in the middle and off it (docs/quality.md).
WEIGHTS = (0.74, 0.47, 0.71, 0.35, 0.43, 0.38, 0.40, -0.21)
_OFFSET = -1.33
# No evidence counts more than so many standard deviations.
_MOST = 3.0
# Standard deviations, as shares of the sides or of the spread of colours, and lengths of paths.
_CENTRE, _COLOUR, _NEAR = 0.25, 0.25, 0.3
_SHORT, _LONG = 0.1, 1.0


def saliency(
    regions: NDArray[np.int32],
    colours: NDArray[np.float32],
    textons: NDArray[np.int64],
    judged: Judged,
) -> NDArray[np.float64]:
    """Log odds that each region belongs to the object, as a stranger to the border.

    Parameters
    ----------
    regions : ndarray of int32, shape (h, w)
        0 to n - 1, n of 2 or more.
    colours : ndarray of float32, shape (h, w, C)
        From :func:`segprior.image.colour.as_colours`.
    textons : ndarray of int64, shape (h, w)
        Words of texture.
    judged : Judged
        Of these regions.

    Returns
    -------
    ndarray of float64, shape (n,)

    References
    ----------
    .. [1] W. Zhu, S. Liang, Y. Wei, J. Sun: Saliency Optimization from Robust Background
       Detection. CVPR 2014. doi:10.1109/CVPR.2014.360
    """
    evidence = evidence_of_object(regions, colours, textons, judged)
    odds = np.full(len(evidence), _OFFSET)
    for weight, column in zip(WEIGHTS, evidence.T, strict=True):
        odds += weight * column
    return odds


def evidence_of_object(
    regions: NDArray[np.int32],
    colours: NDArray[np.float32],
    textons: NDArray[np.int64],
    judged: Judged,
) -> NDArray[np.float64]:
    """What tells regions of the object from those of its ground.

    Parameters
    ----------
    regions, colours, textons, judged
        As of :func:`saliency`.

    Returns
    -------
    ndarray of float64, shape (n, 8)
        Of mean 0 and deviation 1 over the pixels, no further from 0 than 3: how rare a region's
        words are along the border; how far a random walk has to go from there; how central its
        words are; how unlike its colour is to all; how little its words spread; how unlike its
        colour is to that of the border near it; and how much of a boundary lies on the way from
        the border, the nearest part of it and most of it.
    """
    areas, words = judged.content.areas, judged.content.diffused
    words = words / words.sum(axis=1, keepdims=True)
    lengths = border_lengths(regions, len(areas))
    edge = np.flatnonzero(lengths)
    border = lengths[edge] / lengths.sum()
    at_border = border @ words[edge]
    everywhere = areas @ words / areas.sum()
    down, right = middles(regions, areas)
    middle, spread = _of_words(textons)
    apart = _colours_apart(regions, colours, areas)
    step = np.hypot(down[:, None] - down[edge], right[:, None] - right[edge])
    near = np.exp(-step / _NEAR) * border
    alike = np.exp(-(apart[:, edge] ** 2) / (2 * _COLOUR**2))
    paths = _paths(judged, edge)
    columns = (
        -words @ np.log((at_border + 1e-4) / (everywhere + 1e-4)),
        np.log(_walked(judged, edge) + 0.01),
        words @ middle,
        apart @ areas,
        -words @ spread,
        -np.log((near * alike).sum(axis=1) / near.sum(axis=1) + 1e-6),
        *(-t * np.log(np.exp(-paths / t) @ border + 1e-30) for t in (_SHORT, _LONG)),
    )
    return np.stack([_standard(column, areas) for column in columns], axis=1)


def _of_words(textons: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How central the pixels of each word are, and the variance of their places; 0 for no pixel."""
    areas = np.maximum(np.bincount(textons.ravel()), 1.0)
    rows, columns = textons.shape
    down = np.repeat((np.arange(rows) + 0.5) / rows, columns)
    right = np.tile((np.arange(columns) + 0.5) / columns, rows)
    spread = np.zeros(len(areas))
    for place in (down, right):
        spread += means(textons, place * place, areas) - means(textons, place, areas) ** 2
    return means(textons, central(textons.shape, _CENTRE), areas), spread


def _colours_apart(
    regions: NDArray[np.int32], colours: NDArray[np.float32], areas: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distances of mean colours over the spread of all colours, (n, n)."""
    flat = colours.reshape(-1, colours.shape[2]).astype(np.float64)
    scale = np.sqrt(flat.var(axis=0).sum())
    mean = np.stack([means(regions, band, areas) for band in flat.T], axis=1) / scale
    squares = np.zeros((len(areas), len(areas)))
    for band in mean.T:
        squares += (band[:, None] - band) ** 2
    return np.sqrt(squares)


def _walked(judged: Judged, edge: NDArray[np.intp]) -> NDArray[np.float64]:
    """How far each region is from the nearest at the border, along random walks."""
    areas, walk = judged.content.areas, judged.walk
    scale = np.sqrt(areas @ (walk * walk).sum(axis=1) / areas.sum())
    squares = np.zeros((len(walk), len(edge)))
    for way in (walk / scale if scale > 0 else walk).T:
        squares += (way[:, None] - way[edge]) ** 2
    nearest: NDArray[np.float64] = np.sqrt(squares.min(axis=1))
    return nearest


def _paths(judged: Judged, edge: NDArray[np.intp]) -> NDArray[np.float64]:
    """Chances of a boundary, added up along the shortest paths from the border, (n, edge)."""
    from scipy import sparse
    from scipy.sparse.csgraph import dijkstra

    count = len(judged.content.areas)
    pairs = judged.pairs
    # A stored 0 would be taken for no edge.
    graph = sparse.csr_array((judged.chances + 1e-5, (pairs.first, pairs.second)), (count, count))
    found: NDArray[np.float64] = dijkstra(graph, directed=False, indices=edge)
    return found.T


def _standard(values: NDArray[np.float64], areas: NDArray[np.float64]) -> NDArray[np.float64]:
    share = areas / areas.sum()
    values = values - share @ values
    deviation = np.sqrt(share @ (values * values))
    standard: NDArray[np.float64] = values / deviation if deviation > 1e-9 else values * 0
    return np.clip(standard, -_MOST, _MOST)
