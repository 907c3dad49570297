"""How strong each boundary is when the whole image is seen: eigenvectors of the region graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from segprior.regions.adjacency import Content, Pairs, symmetric
from segprior.regions.merging_plain import distances
from segprior.runtime.devices import one_blas_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["embed", "global_strength", "random_walk"]

# Chosen on BSDS train images (docs/quality.md).
_VECTORS = 8
_FALL = 16.0  # of affinity with the chance of a boundary
_LINK, _LINK_FALL = 0.09, 30.0  # affinity of regions two steps apart, and its fall with texture
_TOLERANCE = 1e-3
_MOST = 30.0  # times the mean
_DENSE = 64  # regions up to which all eigenvectors are found at once


class Embedding(NamedTuple):
    """Where regions lie along the slowest ways of a random walk through an image.

    Attributes
    ----------
    places : ndarray of float64, shape (n, k)
        Of mean 0 and deviation 1 over the pixels.
    gaps : ndarray of float64, shape (k,)
        1 - eigenvalue of each.
    """

    places: NDArray[np.float64]
    gaps: NDArray[np.float64]


def random_walk(
    pairs: Pairs, content: Content, chances: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Place regions so that what takes a random walk through the image long to reach is far away.

    Parameters
    ----------
    pairs : Pairs
        Of a connected graph.
    content : Content
    chances : ndarray of float64, shape (m,)
        Chance, in [0, 1], that each pair is parted by a boundary, as far as is told nearby.

    Returns
    -------
    ndarray of float64, shape (n, k)

    Notes
    -----
    The eight leading eigenvectors of the normalised affinities, each divided by the root of
    1 - eigenvalue. The affinity of two that touch is length · exp(-16 chance); regions with a
    common neighbour are linked too where their textures are alike, so that what lies on both sides
    of a stalk stays one.

    References
    ----------
    .. [1] J. Shi, J. Malik: Normalized cuts and image segmentation. IEEE TPAMI 22(8), 2000.
       doi:10.1109/34.868688
    .. [2] P. Arbeláez, M. Maire, C. Fowlkes, J. Malik: Contour detection and hierarchical image
       segmentation. IEEE TPAMI 33(5), 2011. doi:10.1109/TPAMI.2010.161
    """
    affinities = _affinities(pairs, content, pairs.lengths * np.exp(-_FALL * chances))
    places, gaps = embed(affinities, content.areas)
    walk: NDArray[np.float64] = places / np.sqrt(gaps)
    return walk


def global_strength(pairs: Pairs, walk: NDArray[np.float64]) -> NDArray[np.float64]:
    """Find how far apart regions that touch are, seen from the whole image.

    Parameters
    ----------
    pairs : Pairs
    walk : ndarray of float64, shape (n, k)
        From :func:`random_walk`.

    Returns
    -------
    ndarray of float64, shape (m,)
        From 0; 1 on average over the length of all boundaries, but for what would be above 30,
        or 0 everywhere.
    """
    steps = walk[pairs.first] - walk[pairs.second]
    found: NDArray[np.float64] = np.sqrt((steps * steps).sum(axis=1))
    mean = float((found * pairs.lengths).sum() / pairs.lengths.sum())
    return np.minimum(found / mean, _MOST) if mean > 0 else found


def _affinities(pairs: Pairs, content: Content, near: NDArray[np.float64]) -> Any:
    """All affinities, a symmetric sparse matrix (n, n), of those of the pairs."""
    from scipy import sparse

    count = len(content.areas)

    touch = symmetric(np.ones(len(near)), pairs.first, pairs.second, count)
    links = sparse.triu(touch @ touch, 1).tocoo()
    apart = distances(content.diffused / content.areas[:, None], links.row, links.col)
    smaller = np.minimum(content.areas[links.row], content.areas[links.col])
    alike = _LINK * np.exp(-_LINK_FALL * apart) * np.sqrt(smaller)
    return symmetric(near, pairs.first, pairs.second, count) + symmetric(
        alike, links.row, links.col, count
    )


def embed(affinities: Any, areas: NDArray[np.float64]) -> Embedding:
    """Find the leading eigenvectors of affinities, but for the first, which tells nothing.

    Parameters
    ----------
    affinities : scipy.sparse array of float64, shape (n, n)
        Symmetric, of a connected graph; n is 2 or more.
    areas : ndarray of float64, shape (n,)
        How much each counts in mean and deviation.

    Returns
    -------
    Embedding
        k is 8, or n - 1 if that is less.
    """
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import eigsh

    count = affinities.shape[0]
    wanted = min(_VECTORS, count - 1)
    roots = np.sqrt(affinities.sum(axis=1))
    half = diags_array(1 / roots)
    normalised = half @ affinities @ half
    with one_blas_thread():
        if count <= _DENSE:
            values, vectors = np.linalg.eigh(normalised.toarray())
        else:
            # From a start of our own, so that the same image always gives the same.
            values, vectors = eigsh(
                normalised, wanted + 1, which="LA", v0=np.ones(count), tol=_TOLERANCE
            )
    order = np.argsort(-values, kind="stable")[1 : wanted + 1]
    places = vectors[:, order] / roots[:, None]
    shares = areas / areas.sum()
    places -= shares @ places
    deviations = np.sqrt(shares @ (places * places))
    places /= np.where(deviations > 0, deviations, 1)
    return Embedding(places, np.maximum(1 - values[order], 1e-7))
