"""The guided filter: a mask that follows the edges of its image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.image.resize import resize
from segprior.image.upsampling import enlarge

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["box_mean", "guided_filter"]


def box_mean(values: NDArray[Any], radius: int) -> NDArray[np.float64]:
    """Mean over the square window around each pixel, cut off at the border of the image.

    Parameters
    ----------
    values : ndarray of shape (H, W, ...)
        Any further axes are taken one by one.
    radius : int
        The window reaches this many pixels to each side; it may be larger than the image.

    Returns
    -------
    ndarray of float64, shape (H, W, ...)
    """
    means = np.asarray(values, np.float64)
    for axis in (0, 1):
        size = means.shape[axis]
        at = np.arange(size)
        low, high = np.maximum(at - radius, 0), np.minimum(at + radius + 1, size)
        sums = np.cumsum(means, axis=axis)
        sums = np.concatenate([np.zeros_like(sums.take([0], axis)), sums], axis)
        count = (high - low).reshape([-1 if a == axis else 1 for a in range(means.ndim)])
        means = (sums.take(high, axis) - sums.take(low, axis)) / count
    return means


def guided_filter(
    guide: NDArray[np.float32],
    source: NDArray[np.float32],
    *,
    radius: int,
    eps: float,
    reduced: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Make a map follow the edges of an image.

    In every window the map is fitted by a linear function of the image's channels; each pixel
    takes the mean of what its windows say.

    Parameters
    ----------
    guide : ndarray of float32, shape (H, W, C)
        The image, in [0, 1].
    source : ndarray of float32, shape (h, w)
        The map, for example a soft mask, on the grid of the image or a coarser one.
    radius : int
        Reach of the windows in pixels of the coarser grid.
    eps : float
        Variance of the image below which it does not guide.
    reduced : ndarray of float32, shape (h, w, C), optional
        The guide at the size of the source, where that has been made already.

    Returns
    -------
    ndarray of float32, shape (H, W)
        May leave the range of ``source`` a little.

    Notes
    -----
    Where ``source`` is coarser than ``guide``, the linear functions are found on the reduced
    image, enlarged bilinearly and applied to the full one [2]_: edges come out as sharp as those
    of the image.

    References
    ----------
    .. [1] He, Sun, Tang: Guided Image Filtering. ECCV 2010; TPAMI 2013,
       doi:10.1109/TPAMI.2012.213.
    .. [2] He, Sun: Fast Guided Filter. 2015, arXiv:1505.00996.

    Examples
    --------
    >>> import numpy as np
    >>> from segprior.image.guided_filter import guided_filter
    >>> guide = np.zeros((16, 16, 1), np.float32); guide[:, 8:] = 1
    >>> shifted = np.zeros((16, 16), np.float32); shifted[:, 7:] = 1
    >>> (guided_filter(guide, shifted, radius=4, eps=1e-4)[8, 6:10] > 0.5).tolist()
    [False, False, True, True]
    """
    if reduced is None:
        reduced = resize(guide, (source.shape[0], source.shape[1]))
    small = reduced.astype(np.float64)
    channels = small.shape[2]
    mean, level = box_mean(small, radius), box_mean(source, radius)
    joint = box_mean(small * source[..., None], radius) - mean * level[..., None]  # (h, w, C)
    spread = np.empty((*source.shape, channels, channels))
    for a in range(channels):
        for b in range(a, channels):
            product = box_mean(small[..., a] * small[..., b], radius)
            spread[..., a, b] = spread[..., b, a] = product - mean[..., a] * mean[..., b]
    spread += eps * np.eye(channels)
    slope = np.linalg.solve(spread, joint[..., None])[..., 0]
    offset = level - (slope * mean).sum(-1)
    maps = np.concatenate([slope, offset[..., None]], -1)
    maps = np.moveaxis(box_mean(maps, radius), -1, 0).astype(np.float32)

    shape = guide.shape[0], guide.shape[1]
    found = np.empty(shape, np.float32)
    for rows, strip in enlarge(maps, shape):
        found[rows] = (strip[:-1] * np.moveaxis(guide[rows], -1, 0)).sum(0) + strip[-1]
    return found
