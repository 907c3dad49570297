"""What a user would pick instead to divide an image: segmenters that know nothing but the image.

Each takes an image as :func:`segprior.as_image` makes it, and its settings as keywords with
customary defaults. Label maps start at 1.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from segprior.errors import ConfigError
from segprior.features.patch_kmeans import cluster_patches

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["blank", "felzenszwalb", "kmeans", "quickshift", "slic"]


def blank(image: NDArray[np.float32], *, label: int = 1) -> NDArray[np.uint8]:
    """Label every pixel the same: the least that any method must beat.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        Only its size counts.
    label : int
        That label, 0 to 255; in a mask 0 is all background and 1 all foreground.

    Returns
    -------
    ndarray of uint8, shape (H, W)

    Raises
    ------
    ConfigError
        If the label is out of range.
    """
    if not 0 <= label <= 255:
        raise ConfigError(f"got label={label}; pass a whole number from 0 to 255")
    return np.full(image.shape[:2], label, np.uint8)


def felzenszwalb(
    image: NDArray[np.float32], *, scale: float = 300.0, sigma: float = 0.8, min_size: int = 50
) -> NDArray[np.intp]:
    """Merge pixels along a minimum spanning tree, by scikit-image.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1].
    scale : float
        Higher means fewer and larger segments.
    sigma : float
        Width of the Gaussian that smooths the image first, in pixels.
    min_size : int
        Smaller segments are merged into a neighbour, in pixels.

    Returns
    -------
    ndarray of int, shape (H, W)
        Labels from 1.

    References
    ----------
    .. [1] P. Felzenszwalb and D. Huttenlocher, "Efficient graph-based image segmentation",
       International Journal of Computer Vision 59, 2004.
    """
    from skimage import segmentation

    with warnings.catch_warnings():
        # More than three channels are meant as such.
        warnings.filterwarnings("ignore", "Got image with third dimension", RuntimeWarning)
        labels: NDArray[np.intp] = segmentation.felzenszwalb(
            image, scale=scale, sigma=sigma, min_size=min_size, channel_axis=-1
        )
    return labels + 1


def slic(
    image: NDArray[np.float32],
    *,
    n_segments: int = 400,
    compactness: float = 30.0,
    threshold: float = 29.0,
) -> NDArray[np.intp]:
    """Merge SLIC superpixels whose mean colours are alike.

    What scikit-image's ``rag_mean_color`` and ``cut_threshold`` do to an RGB image, for any number
    of channels.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1].
    n_segments : int
        Superpixels asked for.
    compactness : float
        Weight of place against colour.
    threshold : float
        Neighbours are joined where their mean colours differ by less, on the scale of 0 to 255.

    Returns
    -------
    ndarray of int, shape (H, W)
        Labels from 1.

    References
    ----------
    .. [1] R. Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods",
       IEEE Transactions on Pattern Analysis and Machine Intelligence 34, 2012.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from skimage import segmentation

    found = segmentation.slic(
        image, n_segments=n_segments, compactness=compactness, start_label=0, channel_axis=-1
    )
    count = int(found.max()) + 1
    flat = found.ravel()
    sizes = np.maximum(np.bincount(flat, minlength=count), 1)
    means = np.stack(
        [
            np.bincount(flat, weights=image[..., c].ravel(), minlength=count) / sizes
            for c in range(image.shape[2])
        ],
        axis=1,
    )
    # Diagonal neighbours touch as well, as they do in scikit-image's graph.
    shifts = (
        (found[1:], found[:-1]),
        (found[:, 1:], found[:, :-1]),
        (found[1:, 1:], found[:-1, :-1]),
        (found[1:, :-1], found[:-1, 1:]),
    )
    one = np.concatenate([a.ravel() for a, _ in shifts])
    other = np.concatenate([b.ravel() for _, b in shifts])
    pairs = np.unique(one.astype(np.int64) * count + other)
    one, other = pairs // count, pairs % count
    alike = 255 * np.linalg.norm(means[one] - means[other], axis=1) < threshold
    joined = coo_array((np.ones(alike.sum()), (one[alike], other[alike])), shape=(count, count))
    _, group = connected_components(joined, directed=False)
    labels: NDArray[np.intp] = group.astype(np.intp)[found] + 1
    return labels


def quickshift(
    image: NDArray[np.float32],
    seed: int,
    *,
    kernel_size: float = 3.0,
    max_dist: float = 6.0,
    ratio: float = 0.5,
) -> NDArray[np.intp]:
    """Climb to the modes of the density of place and colour, by scikit-image.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1]; three channels are taken for RGB and compared in Lab.
    seed : int
        Of the noise that breaks ties.
    kernel_size : float
        Width of the Gaussian that the density is estimated with; higher means fewer segments.
    max_dist : float
        Longest step between two pixels of a segment.
    ratio : float
        Weight of colour against place, 0 to 1.

    Returns
    -------
    ndarray of int, shape (H, W)
        Labels from 1.

    References
    ----------
    .. [1] A. Vedaldi and S. Soatto, "Quick shift and kernel methods for mode seeking", ECCV 2008.
    """
    from skimage import segmentation

    labels: NDArray[np.intp] = segmentation.quickshift(
        image,
        kernel_size=kernel_size,
        max_dist=max_dist,
        ratio=ratio,
        rng=seed,
        convert2lab=image.shape[2] == 3,
        channel_axis=-1,
    )
    return labels + 1


def kmeans(
    image: NDArray[np.float32], seed: int, *, k: int = 6, window: int = 1, n_init: int = 3
) -> NDArray[np.intp]:
    """Cluster the pixels by their colours, or by the windows around them.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1].
    seed : int
        Of K-means.
    k : int
        Number of clusters; fewer where the image has fewer colours.
    window : int
        Side of the window, in pixels; odd, and 1 for colours alone.
    n_init : int
        Starts, the best of which counts.

    Returns
    -------
    ndarray of int, shape (H, W)
        Labels from 1.

    Raises
    ------
    ConfigError
        If a setting is out of range.
    """
    for name, value in (("k", k), ("window", window), ("n_init", n_init)):
        if value < 1:
            raise ConfigError(f"got {name}={value}; pass a whole number of at least 1")
    if window % 2 == 0:
        raise ConfigError(f"got window={window}; pass an odd number, such as 7")
    found = cluster_patches(image, window=window, n_clusters=k, n_init=n_init, seed=seed)
    labels: NDArray[np.intp] = found.distances(image).argmin(axis=-1) + 1
    return labels
