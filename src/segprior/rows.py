"""Compiled passes over single rows of an image: normalisation, leaky ReLU, moments, copies.

Images are float32 arrays of shape (rows, channels, columns), so that each loop runs along columns,
which are contiguous, whatever the number of channels. Rows are taken into the matrix products of
:mod:`segprior.simd` in bands: arrays (channels, columns) of several narrow rows side by side.
"""

from __future__ import annotations

import numpy as np

from segprior.simd import part

__all__ = [
    "add_moments",
    "band_of",
    "put",
    "put_activated",
    "put_norm_back",
    "slope_back",
    "take",
]

_SLOPE = np.float32(0.2)
_BAND = 256  # columns of a band: enough to be quick, few enough to stay in the cache


@part
def band_of(n, rows):
    """How many rows of n columns go into a band, and how many columns it has."""
    count = min(rows, max(1, _BAND // n))
    return count, -(-count * n // 8) * 8


@part
def add_moments(total, z, r):
    """Merge row r of z into the running mean and sum of squared deviations (2, C)."""
    _, channels, n = z.shape
    for c in range(channels):
        s = np.float32(0)
        for j in range(n):
            s += z[r, c, j]
        mean = s / np.float32(n)
        squares = np.float32(0)
        for j in range(n):
            squares += (z[r, c, j] - mean) * (z[r, c, j] - mean)
        apart = np.float64(mean) - total[0, c]
        total[0, c] += apart / (r + 1)
        total[1, c] += np.float64(squares) + apart * apart * (n * r / (r + 1))


@part
def put_activated(band, at, z, r, norm):
    """Row r of z, normalised and through the leaky ReLU, into band (C, …) from column ``at``."""
    _, channels, n = z.shape
    for c in range(channels):
        s, t = norm[0, c], norm[1, c]
        for j in range(n):
            v = z[r, c, j] * s + t
            band[c, at + j] = max(v, v * _SLOPE)


@part
def put(band, at, x, r):
    _, channels, n = x.shape
    for c in range(channels):
        for j in range(n):
            band[c, at + j] = x[r, c, j]


@part
def take(x, r, band, at):
    _, channels, n = x.shape
    for c in range(channels):
        for j in range(n):
            x[r, c, j] = band[c, at + j]


@part
def slope_back(d, z, r, norm, sums):
    """Turn the gradient of an activation into that of what it was made of, in place; sum it up."""
    _, channels, n = z.shape
    for c in range(channels):
        s, t, mean, inverse = norm[0, c], norm[1, c], norm[2, c], norm[3, c]
        one, other = np.float32(0), np.float32(0)
        for j in range(n):
            v = d[r, c, j] * (np.float32(1) if z[r, c, j] * s + t > 0 else _SLOPE)
            d[r, c, j] = v
            one += v
            other += v * (z[r, c, j] - mean)
        sums[0, c] += one
        sums[1, c] += other * inverse


@part
def put_norm_back(band, at, d, z, r, norm, sums):
    """The gradient before a normalisation, from that after it (`slope_back`'s) and its sums."""
    rows, channels, n = z.shape
    count = rows * n
    for c in range(channels):
        s, mean, inverse = norm[0, c], norm[2, c], norm[3, c]
        one = np.float32(sums[0, c] / count)
        other = np.float32(sums[1, c] / count) * inverse
        for j in range(n):
            band[c, at + j] = s * (d[r, c, j] - one - (z[r, c, j] - mean) * other)
