"""What a user would pick instead to find the object: segmenters that know nothing but the image.

Each takes an image as :func:`segprior.as_image` makes it, and its settings as keywords with
customary defaults. Masks are 0 and 1. Those that split by colour do not say which side is the
object, and are given the polarity that our own masks get
(:func:`segprior.regions.polarity.choose_polarity`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.errors import ConfigError
from segprior.methods.baselines.label_maps import blank, kmeans
from segprior.regions.grabcut import as_picture, inside
from segprior.regions.polarity import choose_polarity
from segprior.runtime.extras import need

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["blank", "grabcut", "kmeans_mask", "otsu", "rectangle"]

# OpenCV's mixtures have five Gaussians each, and want at least so many pixels.
_LEAST = 5


def kmeans_mask(
    image: NDArray[np.float32], seed: int, *, k: int = 2, window: int = 1, n_init: int = 3
) -> NDArray[np.uint8]:
    """Make a mask of the clusters of `label_maps.kmeans`, whose parameters these are.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        0 and 1.
    """
    if k < 2:
        raise ConfigError(f"got k={k}; pass a whole number of at least 2")
    return _mask(kmeans(image, seed, k=k, window=window, n_init=n_init) - 1)


def otsu(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Split the grey image (the mean of its channels, luminance of three) at Otsu's threshold.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        0 and 1.

    References
    ----------
    .. [1] N. Otsu, "A threshold selection method from gray-level histograms", IEEE Transactions
       on Systems, Man and Cybernetics 9, 1979.
    """
    from skimage import color, filters

    grey = color.rgb2gray(image) if image.shape[2] == 3 else image.mean(axis=2)
    return _mask((grey > filters.threshold_otsu(grey)).astype(np.intp))


def grabcut(
    image: NDArray[np.float32], seed: int, *, inset: float = 0.08, iterations: int = 5
) -> NDArray[np.uint8]:
    """Cut the object out of a rectangle, by OpenCV's GrabCut, of the extra ``opencv``.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1]; any number of channels but three is shown as RGB first.
    seed : int
        Of the mixtures of Gaussians.
    inset : float
        How far inside the image the rectangle lies, as a share of each side; below 0.5.
    iterations : int
        Rounds of fitting colours and cutting the graph.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        0 and 1.

    Raises
    ------
    ConfigError
        If a setting is out of range, or OpenCV is not installed.

    References
    ----------
    .. [1] C. Rother, V. Kolmogorov and A. Blake, "GrabCut: interactive foreground extraction
       using iterated graph cuts", ACM Transactions on Graphics 23, 2004.
    """
    if iterations < 1:
        raise ConfigError(f"got iterations={iterations}; pass a whole number of at least 1")
    box = np.zeros(image.shape[:2], bool)
    box[_inside(image.shape, inset)] = True
    library: Any = need("cv2", "opencv")
    labels = np.where(box, library.GC_PR_FGD, library.GC_BGD).astype(np.uint8)
    if min(int(box.sum()), int((~box).sum())) < _LEAST:
        return box.astype(np.uint8)
    library.setRNGSeed(seed % 2**31)
    library.grabCut(
        as_picture(image), labels, None, None, None, iterations, library.GC_INIT_WITH_MASK
    )
    return np.isin(labels, (library.GC_FGD, library.GC_PR_FGD)).astype(np.uint8)


def rectangle(image: NDArray[np.float32], *, inset: float = 0.08) -> NDArray[np.uint8]:
    """Call a centred rectangle the object, whatever the image shows.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        Only its size counts.
    inset : float
        How far inside the image it lies, as a share of each side; below 0.5.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        0 and 1.

    Raises
    ------
    ConfigError
        If the inset is out of range.
    """
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[_inside(image.shape, inset)] = 1
    return mask


def _inside(shape: tuple[int, ...], inset: float) -> tuple[slice, slice]:
    if not 0 <= inset < 0.5:
        raise ConfigError(f"got inset={inset}; pass a number from 0 up to but not 0.5")
    return inside(shape, inset)


def _mask(clusters: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Call the clusters, numbered from 0 and densely, object or ground."""
    count = int(clusters.max()) + 1
    if count < 2:
        return np.zeros(clusters.shape, np.uint8)
    return choose_polarity(clusters, count).foreground[clusters].astype(np.uint8)
