"""Tables of twofold bilinear enlarging along one axis, corners aligned.

With them an image is enlarged, normalised and convolved without a tensor of the large size.

Bilinear enlarging, reflection and a 3×3 convolution are one linear map of the small image ``x``:
the sum over the nine taps ``a, b`` of ``R_a x C_bᵀ``, mixed over channels by ``W[:, :, a, b]``,
where row ``r`` of ``R_a`` (and of ``C_b``, for columns) holds the two weights by which line
``r + a - 1`` of the large image is interpolated. So channels are mixed on the small grid, with a
quarter of the arithmetic of the large one; and with the gradient ``G`` of the result, the nine
small images ``R_aᵀ G C_b`` give both the gradient of the weights and that of ``x``, each by one
matrix product.

The variance of the enlarged image is a quadratic form of the small one. With ``U`` the enlarging
of rows and ``V`` that of columns, the sum of squares of ``U x Vᵀ`` is the sum of ``x * s`` with
``s = (UᵀU) x (VᵀV)``, where both factors are tridiagonal. So normalising the enlarged image means
scaling the weights of the convolution that follows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["positions", "squares"]


def positions(size: int) -> NDArray[np.float64]:
    """Where each line of the enlarged image lies among the lines of the small one.

    Parameters
    ----------
    size : int
        Lines of the small image, at least 2.

    Returns
    -------
    ndarray of float64, shape (2 * size,)
        From 0 to ``size - 1``.
    """
    return np.arange(2 * size) * (size - 1) / (2 * size - 1)


def squares(size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What sums over the enlarged image are of the small one, where U enlarges ``size`` lines.

    Parameters
    ----------
    size : int
        Lines of the small image, at least 2.

    Returns
    -------
    products : ndarray of float64, shape (2, size)
        Diagonal of UᵀU, and its side diagonal with a 0 behind it; the rest of it is 0.
    sums : ndarray of float64, shape (size,)
        Column sums of U.
    """
    places = positions(size)
    low = np.minimum(np.floor(places).astype(int), size - 2)
    far = places - low
    products, sums = np.zeros((2, size)), np.zeros(size)
    for line, weight in ((low, 1 - far), (low + 1, far)):
        np.add.at(products[0], line, weight * weight)
        np.add.at(sums, line, weight)
    np.add.at(products[1], low, (1 - far) * far)
    return products, sums
