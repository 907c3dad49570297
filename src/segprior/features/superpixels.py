"""Superpixels: small patches of similar colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["find_superpixels"]

# CIE Lab, in which colours of three channels are compared, reaches from 0 to about 100.
_LAB_RANGE = 100


def find_superpixels(
    image: NDArray[np.float32], *, n_superpixels: int, compactness: float
) -> NDArray[np.int32]:
    """Divide an image into small patches of similar colour by SLIC.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, C)
        In [0, 1]. Three channels are taken for RGB and compared in CIE Lab.
    n_superpixels : int
        About how many.
    compactness : float
        How much nearness counts against colour, on the scale of Lab; on images of another number
        of channels than three a hundredth of it is taken, since those run from 0 to 1.

    Returns
    -------
    ndarray of int32, shape (H, W)
        Connected superpixels, numbered from 0 without gaps.

    References
    ----------
    .. [1] R. Achanta et al., "SLIC Superpixels Compared to State-of-the-Art Superpixel Methods",
       IEEE TPAMI 34 (2012), doi:10.1109/TPAMI.2012.120.
    """
    from skimage.segmentation import slic

    colour = image.shape[2] == 3
    labels = slic(
        image,
        n_segments=min(n_superpixels, image.shape[0] * image.shape[1]),
        compactness=compactness if colour else compactness / _LAB_RANGE,
        convert2lab=colour,
        channel_axis=-1,
        start_label=0,
    )
    _, dense = np.unique(labels, return_inverse=True)
    return dense.reshape(labels.shape).astype(np.int32)
