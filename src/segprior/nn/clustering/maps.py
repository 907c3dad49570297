"""The small maps between the stages of the clustering network, and their gradients.

Batch normalisation is a factor and a term for each channel; the last one, the 1×1 convolution
behind it and the normalisation of that are one matrix and one term, whose scale follows from mean
and covariance of what comes in. All in float64.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segprior.nn.shared.constants import BATCH_NORM_EPS

__all__ = ["FoldGradients", "FoldedHead", "Scale", "ScaleGradients"]

Array = NDArray[np.float64]
Given = NDArray[np.floating]


class ScaleGradients(NamedTuple):
    """Gradients of what a `Scale` was made of."""

    sums: Array
    squares: Array
    gain: Array
    shift: Array


class Scale:
    """Batch normalisation as a factor and a term.

    Parameters
    ----------
    count : int
        Of numbers per channel.
    sums, squares : ndarray, shape (C,)
        Of the numbers.
    gain, shift : ndarray, shape (C,)
    """

    def __init__(self, count: int, sums: Array, squares: Array, gain: Given, shift: Given) -> None:
        self._count, self._gain = count, gain.astype(np.float64)
        self._mean = sums / count
        self._inverse = (squares / count - self._mean**2 + BATCH_NORM_EPS) ** -0.5
        self.factor: Array = self._gain * self._inverse
        self.term: Array = shift - self.factor * self._mean

    def backward(self, by_factor: Array, by_term: Array) -> ScaleGradients:
        """Go back from the gradients of factor and term."""
        by_factor = by_factor - by_term * self._mean
        by_variance = by_factor * self._gain * -0.5 * self._inverse**3
        by_mean = -by_term * self.factor - 2 * self._mean * by_variance
        return ScaleGradients(
            sums=by_mean / self._count,
            squares=by_variance / self._count,
            gain=by_factor * self._inverse,
            shift=by_term,
        )


class FoldGradients(NamedTuple):
    """Gradients of what a `FoldedHead` was made of."""

    sums: Array
    products: Array
    gain: Array
    head: Array
    head_gain: Array
    head_shift: Array


class FoldedHead:
    """Batch normalisation, 1×1 convolution and batch normalisation as one matrix and one term.

    Parameters
    ----------
    count : int
        Of pixels.
    sums : ndarray, shape (C,)
        Of what comes in, over them.
    products : ndarray, shape (C, C)
        The sum over pixels of the products of each two channels.
    gain : ndarray, shape (C,)
        Of the first normalisation, which has no shift.
    head : ndarray, shape (C, C)
    head_gain, head_shift : ndarray, shape (C,)
    """

    def __init__(
        self,
        count: int,
        sums: Array,
        products: Array,
        gain: Given,
        head: Given,
        head_gain: Given,
        head_shift: Given,
    ) -> None:
        self._count = count
        self._gain, self._head = gain.astype(np.float64), head.astype(np.float64)
        self._head_gain = head_gain.astype(np.float64)
        self._mean = sums / count
        self._covariance = products / count - self._mean[:, None] * self._mean
        self._inverse = (self._covariance.diagonal() + BATCH_NORM_EPS) ** -0.5
        self._mixed = self._head * (self._gain * self._inverse)
        variance = ((self._mixed @ self._covariance) * self._mixed).sum(1)
        self._head_inverse = (variance + BATCH_NORM_EPS) ** -0.5
        self._scale = self._head_gain * self._head_inverse
        self.matrix: Array = self._mixed * self._scale[:, None]
        self.term: Array = head_shift - self.matrix @ self._mean

    def backward(self, by_matrix: Array, by_term: Array) -> FoldGradients:
        """Go back from the gradients of matrix and term."""
        by_matrix = by_matrix - by_term[:, None] * self._mean
        by_mean = -by_term @ self.matrix
        by_scale = (by_matrix * self._mixed).sum(1)
        by_variance = by_scale * self._head_gain * -0.5 * self._head_inverse**3
        by_mixed = by_matrix * self._scale[:, None]
        by_mixed += 2 * by_variance[:, None] * (self._mixed @ self._covariance)
        by_covariance = self._mixed.T @ (by_variance[:, None] * self._mixed)
        by_factor = (by_mixed * self._head).sum(0)
        by_deviation = by_factor * self._gain * -0.5 * self._inverse**3
        by_covariance[np.diag_indices_from(by_covariance)] += by_deviation
        by_mean -= (by_covariance + by_covariance.T) @ self._mean
        return FoldGradients(
            sums=by_mean / self._count,
            products=by_covariance / self._count,
            gain=by_factor * self._inverse,
            head=by_mixed * (self._gain * self._inverse),
            head_gain=by_scale * self._head_inverse,
            head_shift=by_term,
        )
