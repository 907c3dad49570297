"""Compiled passes over single rows of an image: normalisation, leaky ReLU, moments, copies.

Images are float32 arrays of shape (rows, channels, columns), so that each loop runs along columns,
which are contiguous, whatever the number of channels. Rows are taken into the matrix products of
:mod:`segprior.nn.compiled.matmul` in bands: arrays (channels, columns) of several narrow rows side
by side. Columns of a band are counted unsigned: numbers that could be negative would count from the
end, and the loops not be vectorised. The exponential function stands here because such a loop
calls it.
"""

from __future__ import annotations

import numpy as np

from segprior.nn.compiled.matmul import as_float
from segprior.nn.shared.constants import LEAKY_SLOPE
from segprior.runtime.compilation import part

__all__ = [
    "activate_band",
    "add_moments",
    "band_of",
    "exponential",
    "norm_back",
    "put",
    "put_activated",
    "put_norm_back",
    "slope_back",
    "take",
]

_SLOPE = np.float32(LEAKY_SLOPE)
_LOG2E, _LN2 = np.float32(1.4426950408889634), np.float32(0.6931471805599453)
_BAND = 256  # columns of a band: enough to be quick, few enough to stay in the cache


@part
def band_of(n, rows):
    """How many rows of n columns go into a band, and how many columns it has."""
    count = min(rows, max(1, _BAND // n))
    return count, -(-count * n // 8) * 8


@part
def add_moments(total, z, at, n, r):
    """Add up n columns of z (C, …) from ``at``, row r of an image, less a number near their mean.

    Of ``total`` (3, C) the rows are the sums, the sums of squares, and the number, which is set by
    row 0: the first that must be given.
    """
    first = np.uintp(at)
    for c in range(z.shape[0]):
        if r == 0:
            s = np.float32(0)
            for j in range(np.uintp(n)):
                s += z[c, first + j]
            total[2, c] = s / np.float32(n)
        near = np.float32(total[2, c])
        s, squares = np.float32(0), np.float32(0)
        for j in range(np.uintp(n)):
            v = z[c, first + j] - near
            s += v
            squares += v * v
        total[0, c] += s
        total[1, c] += squares


@part
def activate_band(to, z, norm):
    """The whole of z (C, …), normalised and through the leaky ReLU, into another array."""
    for c in range(z.shape[0]):
        s, t = norm[0, c], norm[1, c]
        for j in range(z.shape[1]):
            v = z[c, j] * s + t
            to[c, j] = max(v, v * _SLOPE)


@part
def put_activated(band, at, z, r, norm):
    """Row r of z, normalised and through the leaky ReLU, into band (C, …) from column ``at``."""
    _, channels, n = z.shape
    to = np.uintp(at)
    for c in range(channels):
        s, t = norm[0, c], norm[1, c]
        for j in range(np.uintp(n)):
            v = z[r, c, j] * s + t
            band[c, to + j] = max(v, v * _SLOPE)


@part
def put(band, at, x, r):
    _, channels, n = x.shape
    to = np.uintp(at)
    for c in range(channels):
        for j in range(np.uintp(n)):
            band[c, to + j] = x[r, c, j]


@part
def take(x, r, band, at):
    _, channels, n = x.shape
    first = np.uintp(at)
    for c in range(channels):
        for j in range(np.uintp(n)):
            x[r, c, j] = band[c, first + j]


@part
def slope_back(d, z, at, n, norm, sums):
    """Turn the gradient of an activation into that of what it was made of, in place; sum it up.

    Both are (C, …), d from its first column on, z from ``at``.
    """
    first = np.uintp(at)
    for c in range(z.shape[0]):
        s, t, mean, inverse = norm[0, c], norm[1, c], norm[2, c], norm[3, c]
        one, other = np.float32(0), np.float32(0)
        for j in range(np.uintp(n)):
            apart = z[c, first + j]
            v = d[c, j] * (np.float32(1) if apart * s + t > 0 else _SLOPE)
            d[c, j] = v
            one += v
            other += v * (apart - mean)
        sums[0, c] += one
        sums[1, c] += other * inverse


@part
def norm_back(norm, sums, c, count):
    """Four numbers that turn the gradient d after a normalisation of z into that before it.

    With s, one, mean and other it is ``s * (d - one - (z - mean) * other)``; d is `slope_back`'s,
    with its sums, of channel c, which has ``count`` pixels.
    """
    one = np.float32(sums[0, c] / count)
    other = np.float32(sums[1, c] / count) * norm[3, c]
    return norm[0, c], one, norm[2, c], other


@part
def put_norm_back(band, at, d, z, start, count, norm, sums):
    """The gradient before a normalisation, from that after it: see `norm_back`.

    d (C, n) is of one row, of ``count`` pixels in all; z (C, …) from ``start``.
    """
    channels, n = d.shape
    to, first = np.uintp(at), np.uintp(start)
    for c in range(channels):
        s, one, mean, other = norm_back(norm, sums, c, count)
        for j in range(np.uintp(n)):
            band[c, to + j] = s * (d[c, j] - one - (z[c, first + j] - mean) * other)


@part
def exponential(x):
    """The exponential function to about 1e-7, without a call, so that loops are vectorised."""
    x = min(max(x, np.float32(-80)), np.float32(80)) * _LOG2E
    whole = np.floor(x + np.float32(0.5))
    f = (x - whole) * _LN2  # within ±ln(2)/2, where eight terms of the series are enough
    y = np.float32(1 / 720) + f * np.float32(1 / 5040)
    y = np.float32(1 / 24) + f * (np.float32(1 / 120) + f * y)
    y = np.float32(0.5) + f * (np.float32(1 / 6) + f * y)
    y = np.float32(1) + f * (np.float32(1) + f * y)
    return y * as_float((np.int32(whole) + np.int32(127)) << np.int32(23))
