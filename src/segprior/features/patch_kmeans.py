"""K-means on the windows around pixels, without ever holding all windows in memory.

A window of 7×7 pixels in three channels is 147 numbers, 49 times the image. Neighbouring windows
overlap, so nearly all of their variance lies along a few directions: the leading principal
components of a sample of windows. Distances between projected windows stand for distances between
windows, and projections are made strip by strip, as they are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from segprior.runtime.devices import one_blas_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PatchClusters", "cluster_drawn_patches", "cluster_patches", "draw_patches"]

# Numbers held at once, for the sample that the components are learnt from and for one strip of
# windows: 64 MB and 8 MB.
SAMPLE_NUMBERS = 2**24
STRIP_NUMBERS = 2**21

# Points on which the starts of K-means are compared. With five clusters on photographs, the sum of
# squares of the one that goes on is within 1e-5 of the best of ten on all points.
START_POINTS = 4096

# Share of the sample's variance that the components keep, and how many there are at most. On
# photographs and priors the clusters then equal those of whole windows on more than 99.9 % of the
# pixels.
KEPT_VARIANCE = 0.99
MOST_COMPONENTS = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class PatchClusters:
    """Clusters of windows, and the directions along which windows are compared.

    Attributes
    ----------
    window : int
        Side of the window, in pixels; odd.
    mean : ndarray of float32, shape (window * window * C,)
        The mean window, ordered by row, column, channel.
    components : ndarray of float32, shape (P, window * window * C)
        Leading principal components of the windows, orthonormal.
    centroids : ndarray of float32, shape (K, P)
        Centre of each cluster along the components, the most populous cluster first.
    """

    window: int
    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    centroids: NDArray[np.float32]

    def distances(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Squared distance of each pixel's window to each centroid, along the components.

        Parameters
        ----------
        image : ndarray of float32, shape (h, w, C)
            The image that was clustered or another with the same channels, of any size.

        Returns
        -------
        ndarray of float32, shape (h, w, K)
        """
        height, width = image.shape[:2]
        found = np.empty((height, width, len(self.centroids)), np.float32)
        with one_blas_thread():
            offset = self.components @ self.mean
            for rows, columns, windows in _strips(image, self.window):
                projected = windows @ self.components.T - offset  # (pixels, P)
                block = found[rows, columns]
                for index, centroid in enumerate(self.centroids):
                    difference = projected - centroid
                    squared = np.einsum("np,np->n", difference, difference)
                    block[..., index] = squared.reshape(block.shape[:2])
        return found


def cluster_patches(
    image: NDArray[np.float32], *, window: int, n_clusters: int, n_init: int, seed: int
) -> PatchClusters:
    """Cluster the pixels of an image by the windows around them, with K-means.

    The borders are reflected. On an image whose windows together are more than 2**24 numbers
    (114,130 windows of 7×7 in three channels) components and centroids are learnt from a sample
    of that many, spread evenly.

    Parameters
    ----------
    image : ndarray of float32, shape (h, w, C)
        Any scale; every channel weighs the same per unit.
    window : int
        Side of the window, in pixels; odd. It may be larger than the image.
    n_clusters : int
        How many clusters to look for. There are fewer if the image has fewer different windows.
    n_init : int
        Starts of K-means (k-means++), the best of which counts.
    seed : int
        Seed of the sample and of the starts. The result depends on nothing else: one thread or
        many give the same.

    Returns
    -------
    PatchClusters
        With one centroid only if all windows are alike.
    """
    rng = np.random.default_rng(seed)
    sample = _sample(image, window, SAMPLE_NUMBERS, rng)
    return _cluster(sample, window, n_clusters, n_init, rng)


def draw_patches(
    image: NDArray[np.float32], *, window: int, share: float, seed: int
) -> NDArray[np.float32]:
    """Draw windows of one of several images that are to be clustered together.

    Parameters
    ----------
    image : ndarray of float32, shape (h, w, C)
    window : int
        Side of the window, in pixels; odd.
    share : float
        Of the 2**24 numbers that all images together may contribute.
    seed : int

    Returns
    -------
    ndarray of float32, shape (N, window * window * C)
        For `cluster_drawn_patches`, after joining them.
    """
    rng = np.random.default_rng(seed)
    return _sample(image, window, int(share * SAMPLE_NUMBERS), rng)


def cluster_drawn_patches(
    sample: NDArray[np.float32], *, window: int, n_clusters: int, n_init: int, seed: int
) -> PatchClusters:
    """Cluster windows from `draw_patches` as :func:`cluster_patches` does those of one image.

    Parameters
    ----------
    sample : ndarray of float32, shape (N, window * window * C)
        Used up.
    window, n_clusters, n_init, seed
        As in :func:`cluster_patches`.

    Returns
    -------
    PatchClusters
    """
    return _cluster(sample, window, n_clusters, n_init, np.random.default_rng(seed))


def _cluster(
    sample: NDArray[np.float32],
    window: int,
    n_clusters: int,
    n_init: int,
    rng: np.random.Generator,
) -> PatchClusters:
    with one_blas_thread():
        mean = sample.mean(axis=0)
        sample -= mean
        components = _principal_components(sample)
        projected = sample @ components.T
        centroids = _kmeans(projected, n_clusters, n_init, int(rng.integers(2**32)))
    return PatchClusters(window=window, mean=mean, components=components, centroids=centroids)


def _strips(
    image: NDArray[np.float32], window: int
) -> Iterator[tuple[slice, slice, NDArray[np.float32]]]:
    """Yield blocks of an image with the windows around their pixels, one row per pixel."""
    views = _views(image, window)
    height, width = views.shape[:2]
    numbers = int(np.prod(views.shape[2:]))
    columns = min(width, max(1, STRIP_NUMBERS // numbers))
    rows = max(1, STRIP_NUMBERS // (numbers * columns))
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            block = (slice(top, top + rows), slice(left, left + columns))
            yield *block, views[block].reshape(-1, numbers)


def _views(image: NDArray[np.float32], window: int) -> NDArray[np.float32]:
    """Windows of shape (h, w, window, window, C) that share the memory of one padded image."""
    half = window // 2
    padded = np.pad(image, ((half, half), (half, half), (0, 0)), mode="reflect")
    views = np.lib.stride_tricks.sliding_window_view(padded, (window, window), axis=(0, 1))
    return np.moveaxis(views, 2, -1)


def _sample(
    image: NDArray[np.float32], window: int, most_numbers: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    views = _views(image, window)
    height, width = views.shape[:2]
    numbers = int(np.prod(views.shape[2:]))
    most = max(1, most_numbers // numbers)
    if height * width <= most:
        # A copy, because the caller centres it in place and windows of 1×1 are the image itself.
        sample: NDArray[np.float32] = np.array(views, order="C")
        return sample.reshape(-1, numbers)
    # One pixel at random from each cell of a grid: neighbours are alike, so this errs far less
    # than a sample that leaves the spacing to chance.
    down = int(np.clip(height * (most / (height * width)) ** 0.5, 1, min(height, most)))
    across = min(width, most // down)
    row, column = np.indices((down, across)) + rng.random((2, down, across))
    rows = (row * (height / down)).astype(np.intp)
    columns = (column * (width / across)).astype(np.intp)
    sample = views[rows, columns]
    return sample.reshape(-1, numbers)


def _principal_components(sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """Leading directions of a centred sample, from the smaller of its two Gram matrices."""
    from scipy import linalg

    pixels, numbers = sample.shape
    gram = sample.T @ sample if numbers <= pixels else sample @ sample.T
    total = float(np.trace(gram))
    if total == 0.0:
        return np.zeros((1, numbers), np.float32)
    first = max(0, len(gram) - MOST_COMPONENTS)
    values, vectors = linalg.eigh(
        gram.astype(np.float64), subset_by_index=(first, len(gram) - 1), overwrite_a=True
    )
    kept = np.cumsum(values[::-1]) / total
    count = int(np.searchsorted(kept, KEPT_VARIANCE)) + 1
    leading = vectors[:, ::-1][:, :count].astype(np.float32)
    if numbers > pixels:
        leading = sample.T @ leading
        leading /= np.linalg.norm(leading, axis=0)
    return np.ascontiguousarray(leading.T)


def _kmeans(
    points: NDArray[np.float32], n_clusters: int, n_init: int, seed: int
) -> NDArray[np.float32]:
    """Centroids, the most populous first; starts are compared on a sample, the best goes on."""
    # scikit-learn's K-means takes a second to load: as long as all the rest of a small mask.
    from scipy.cluster.vq import kmeans, kmeans2, vq

    rng = np.random.default_rng(seed)
    some = points if len(points) <= START_POINTS else rng.choice(points, START_POINTS, False)
    different = np.unique(some, axis=0)
    if len(different) <= n_clusters:
        different = np.unique(points, axis=0)
        some = points
    if len(different) <= n_clusters:
        centroids = different
    else:
        settled = 1e-5 * float(points.std(axis=0).mean())  # the mean distance falls by no more
        firsts = [kmeans2(some, n_clusters, 1, minit="++", rng=rng)[0] for _ in range(n_init)]
        starts = [kmeans(some, first, thresh=settled) for first in firsts]
        best = min(starts, key=lambda start: float(np.square(vq(some, start[0])[1]).sum()))
        centroids = kmeans(points, best[0], thresh=settled)[0]
    counts = np.bincount(vq(points, centroids)[0], minlength=len(centroids))
    order = np.argsort(-counts, kind="stable")
    kept: NDArray[np.float32] = centroids[order[counts[order] > 0]]
    return kept
