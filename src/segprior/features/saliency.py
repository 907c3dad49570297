"""Saliency: how much each pixel stands out, by its spectrum or by how little it is background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.image.colour import as_colours
from segprior.image.resize import is_flat, resize

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["background_saliency", "spectral_saliency"]

_GREY = (0.2989, 0.5870, 0.1140)
_SPECTRAL_SIZE = 64
# Zhu et al., section 4 and 5: deviations of colour differences in Lab (10 between 5 and 20), of
# places as a share of the image, of boundary connectivity; and the weights of the optimisation.
_COLOUR, _PLACE, _BOUNDARY = 10.0, 0.25, 1.0
_SMOOTHNESS, _BACKGROUND = 0.1, 5.0
_COMPACTNESS = 20.0  # of the superpixels, in units of Lab


def _unit(values: NDArray[Any]) -> NDArray[np.float32]:
    low, high = values.min(), values.max()
    unit: NDArray[np.float32] = ((values - low) / (high - low or 1)).astype(np.float32)
    return unit


def spectral_saliency(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Find what the spectrum of the image does not expect: the spectral residual.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1]. Three channels count by luma, others by their mean.

    Returns
    -------
    ndarray of float32, shape (H, W)
        In [0, 1]; 0 everywhere for an image of one colour.

    References
    ----------
    .. [1] Hou, Zhang: Saliency Detection: A Spectral Residual Approach. CVPR 2007,
       doi:10.1109/CVPR.2007.383267.
    """
    from scipy import ndimage

    rows, columns, channels = image.shape
    scale = min(1.0, _SPECTRAL_SIZE / min(rows, columns))
    small = resize(image, (max(8, round(rows * scale)), max(8, round(columns * scale))))
    grey = small @ np.array(_GREY) if channels == 3 else small.mean(-1)
    if np.ptp(grey) < 1e-6:
        return np.zeros((rows, columns), np.float32)
    spectrum = np.fft.fft2(grey)
    log_amplitude = np.log(np.abs(spectrum) + 1e-9)
    residual = log_amplitude - ndimage.uniform_filter(log_amplitude, 3, mode="wrap")
    back = np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))
    smooth = ndimage.gaussian_filter(np.abs(back) ** 2, 2.5)
    return resize(_unit(smooth)[..., None], (rows, columns))[..., 0]


def background_saliency(
    image: NDArray[np.float32], *, n_segments: int = 250
) -> NDArray[np.float32]:
    """Find what is unlike the background, the background being what clings to the border.

    Superpixels whose like (by colour, along paths of small steps) touch the border over a length
    that is large for their area are background. Contrast to them, near ones more, makes
    saliency; a quadratic cost then weighs both against smoothness (wCtr optimised).

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1]. Colours are compared as :func:`segprior.image.colour.as_colours` has them.
    n_segments : int
        How many superpixels to ask SLIC for.

    Returns
    -------
    ndarray of float32, shape (H, W)
        In [0, 1], constant in each superpixel; 0 everywhere for an image of one colour.

    References
    ----------
    .. [1] Zhu, Liang, Wei, Sun: Saliency Optimization from Robust Background Detection.
       CVPR 2014, doi:10.1109/CVPR.2014.360.
    """
    if is_flat(image):
        return np.zeros(image.shape[:2], np.float32)
    features = as_colours(image)
    labels = _superpixels(features, n_segments)
    border = np.concatenate([labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]])
    area, border_length = (
        np.bincount(of, minlength=labels.max() + 1).astype(float) for of in (labels.ravel(), border)
    )
    near = _neighbours(labels, border_length > 0)
    if not near.any():
        return np.zeros(image.shape[:2], np.float32)
    grid = np.mgrid[: image.shape[0], : image.shape[1]] / max(image.shape[:2])
    apart = _distances(_means(np.moveaxis(features, -1, 0), labels, area))
    far = _distances(_means(grid, labels, area))
    background = _background(_likeness(apart, near), area, border_length)
    contrast = _unit((apart * np.exp(-(far**2) / (2 * _PLACE**2))) @ background)
    saliency = _smoothed(contrast, background, apart, near)
    found: NDArray[np.float32] = _unit(saliency)[labels]
    return found


def _superpixels(features: NDArray[np.float32], n_segments: int) -> NDArray[np.int64]:
    """Label map (H, W) of SLIC superpixels, 0 to n - 1."""
    from skimage.segmentation import slic

    labels: NDArray[np.int64] = slic(
        features,
        n_segments,
        # SLIC brings its input to [0, 1] first.
        compactness=_COMPACTNESS / float(np.ptp(features)),
        convert2lab=False,
        start_label=0,
        channel_axis=-1,
    )
    return labels


def _means(
    planes: NDArray[Any], labels: NDArray[np.int64], area: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Means (n, C) of planes (C, H, W) over the superpixels."""
    flat = labels.ravel()
    return np.stack([np.bincount(flat, plane.ravel(), len(area)) / area for plane in planes], -1)


def _neighbours(labels: NDArray[np.int64], on_border: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which superpixels share a side of a pixel or are both at the border, (n, n)."""
    # What is left of the scene lies beyond the border and joins those that touch it.
    near: NDArray[np.bool_] = on_border[:, None] & on_border[None]
    for one, other in ((labels[:-1], labels[1:]), (labels[:, :-1], labels[:, 1:])):
        near[one, other] = near[other, one] = True
    np.fill_diagonal(near, False)
    return near


def _likeness(apart: NDArray[np.float64], near: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How alike superpixels are along the path of the smallest steps between them, (n, n)."""
    from scipy import sparse
    from scipy.sparse.csgraph import shortest_path

    # Small steps are taken for gradual changes within one thing and cost nothing.
    free = np.where(near, apart, np.inf).min(axis=1)
    steps = np.maximum(apart - free[np.isfinite(free)].mean(), 0)
    i, j = np.nonzero(near)
    # A stored 0 would be taken for no edge.
    graph = sparse.csr_array((steps[i, j] + 1e-9, (i, j)), shape=near.shape)
    alike: NDArray[np.float64] = np.exp(
        -(shortest_path(graph, directed=False) ** 2) / (2 * _COLOUR**2)
    )
    return alike


def _background(
    alike: NDArray[np.float64], area: NDArray[np.float64], border_length: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How surely each superpixel is background, (n,), by how much of what is like it clings."""
    connectivity = (alike @ border_length) / np.sqrt(alike @ area)
    background: NDArray[np.float64] = 1 - np.exp(-(connectivity**2) / (2 * _BOUNDARY**2))
    return background


def _smoothed(
    contrast: NDArray[np.float32],
    background: NDArray[np.float64],
    apart: NDArray[np.float64],
    near: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Saliency (n,) that is 0 in the background, 1 where contrast is, and alike for neighbours."""
    affinity = np.where(near, np.exp(-(apart**2) / (2 * _COLOUR**2)) + _SMOOTHNESS, 0.0)
    laplacian = np.diag(affinity.sum(1)) - affinity
    system = laplacian + np.diag(_BACKGROUND * background + contrast)
    saliency: NDArray[Any] = np.linalg.solve(system + 1e-9 * np.eye(len(contrast)), contrast)
    return saliency


def _distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean distances between all pairs of points, (n, n)."""
    distances: NDArray[np.float64] = np.sqrt(
        sum((points[:, None, k] - points[None, :, k]) ** 2 for k in range(points.shape[1]))
    )
    return distances
