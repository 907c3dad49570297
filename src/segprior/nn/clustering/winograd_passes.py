"""Compiled passes over features of the clustering network: each reads and writes a number once.

Features are float32 arrays (rows + 2, width, C), zero around the image, as
:mod:`segprior.nn.clustering.winograd` keeps them; sums over pixels are added to what they are
given.
"""

from __future__ import annotations

import numpy as np

from segprior.runtime.compilation import jit

__all__ = ["keep", "rectify", "rectify_back", "through"]


@jit
def rectify(values, bias, features, row, height, columns, sums):
    """ReLU of a band's values and bias into features; sums (2, C) of the results and squares.

    ``values`` (4, columns or more, C) are those of image rows ``row`` and on; what lies outside
    of the image becomes 0.
    """
    zero = np.float32(0)
    for a in range(values.shape[0]):
        for j in range(values.shape[1]):
            inside = row + a < height and j < columns
            for c in range(values.shape[2]):
                v = max(values[a, j, c] + bias[c], zero) if inside else zero
                features[row + a + 1, j + 1, c] = v
                sums[0, c] += v
                sums[1, c] += v * v


@jit
def keep(values, flat, features, row, height, columns, sums):
    """Copy a band's values into flat (H, W, C); sums (2, C) of values times features, and alone."""
    for a in range(min(values.shape[0], height - row)):
        for j in range(columns):
            for c in range(values.shape[2]):
                v = values[a, j, c]
                flat[row + a, j, c] = v
                sums[0, c] += v * features[row + a + 1, j + 1, c]
                sums[1, c] += v


@jit
def rectify_back(values, features, grad, row, total):
    """Gradient of a ReLU: values (columns, C) of one image row where its features are not 0."""
    zero = np.float32(0)
    for j in range(values.shape[0]):
        for c in range(values.shape[1]):
            v = values[j, c] if features[row + 1, j + 1, c] > zero else zero
            grad[row + 1, j + 1, c] = v
            total[c] += v


@jit
def through(flat, features, grad, start, stop, columns, factor, slope, offset, total):
    """The same for ``offset + slope * features + factor * flat``, for several rows at once."""
    zero = np.float32(0)
    for row in range(start, stop):
        for j in range(columns):
            for c in range(flat.shape[2]):
                x = features[row + 1, j + 1, c]
                v = offset[c] + slope[c] * x + factor[c] * flat[row, j, c]
                v = v if x > zero else zero
                grad[row + 1, j + 1, c] = v
                total[c] += v
