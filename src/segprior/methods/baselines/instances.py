"""What a user would pick instead to count things: a threshold, its pieces, and the watershed.

Each takes an image as :func:`segprior.as_image` makes it, and its settings as keywords with
customary defaults. Things are numbered from 1; 0 is where there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segprior.errors import ConfigError
from segprior.methods.baselines.label_maps import blank
from segprior.methods.baselines.masks import otsu
from segprior.regions.label_map import drop_specks, fill_holes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["blank", "distance_watershed", "otsu_pieces", "otsu_watershed"]


def otsu_pieces(image: NDArray[np.float32], *, min_size: int = 16) -> NDArray[np.int32]:
    """Number the connected pieces of what Otsu's threshold finds.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
    min_size : int
        Smaller pieces are dropped.

    Returns
    -------
    ndarray of int32, shape (H, W)
    """
    from skimage.measure import label

    found: NDArray[np.int32] = label(_cleaned(otsu(image), min_size)).astype(np.int32)
    return found


def otsu_watershed(
    image: NDArray[np.float32], *, min_distance: int = 5, min_size: int = 16
) -> NDArray[np.int32]:
    """Part what Otsu's threshold finds by :func:`distance_watershed`.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
    min_distance, min_size : int
        As there.

    Returns
    -------
    ndarray of int32, shape (H, W)
    """
    return distance_watershed(otsu(image), min_distance=min_distance, min_size=min_size)


def distance_watershed(
    mask: NDArray[np.uint8], *, min_distance: int = 5, min_size: int = 16
) -> NDArray[np.int32]:
    """Part a mask by a watershed of the distance to its outside, flooded from the peaks.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        0 and 1; holes are filled.
    min_distance : int
        Pixels that peaks are apart at least.
    min_size : int
        Smaller pieces of the mask are dropped.

    Returns
    -------
    ndarray of int32, shape (H, W)
    """
    from scipy import ndimage
    from skimage.feature import peak_local_max
    from skimage.segmentation import watershed

    if min_distance < 1:
        raise ConfigError(f"got min_distance={min_distance}; pass a whole number of at least 1")
    inside = _cleaned(mask, min_size)
    distance = ndimage.gaussian_filter(ndimage.distance_transform_edt(inside), 1.0)
    markers = np.zeros(inside.shape, np.int32)
    peaks = peak_local_max(
        distance, min_distance=min_distance, labels=inside.astype(np.int32), exclude_border=False
    )
    markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    found: NDArray[np.int32] = watershed(-distance, markers, mask=inside).astype(np.int32)
    return found


def _cleaned(mask: NDArray[np.uint8], min_size: int) -> NDArray[np.bool_]:
    if min_size < 0:
        raise ConfigError(f"got min_size={min_size}; pass a whole number from 0 on")
    return drop_specks(fill_holes(mask > 0), min_size)
