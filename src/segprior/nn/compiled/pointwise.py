"""Compiled layers of the generator: 1×1 convolutions with what comes before and after them.

Images are arrays of shape (rows, channels, columns), see :mod:`segprior.nn.compiled.row_ops`. Each
function works on one thread, releases Python's lock and gives the same bytes every time. Numba
compiles it at its first use and keeps what it made on disk.
"""

from __future__ import annotations

import numpy as np

from segprior.nn.compiled.matmul import add_dots, mix
from segprior.nn.compiled.row_ops import (
    activate_band,
    add_moments,
    band_of,
    exponential,
    put_activated,
    put_norm_back,
    slope_back,
    take,
)
from segprior.nn.shared.constants import BATCH_NORM_EPS
from segprior.runtime.compilation import jit

__all__ = [
    "absolute_error",
    "activate",
    "head_backward",
    "head_forward",
    "packed",
    "pointwise_backward",
    "pointwise_forward",
    "settle",
]


@jit
def packed(w):
    """Weights (O, A, B, C) as `mix` takes them: (O / 4, A B C, 4), O filled up to a multiple."""
    rows, a, b, c = w.shape
    found = np.zeros((-(-rows // 4), a * b * c, 4), np.float32)
    for o in range(rows):
        for i in range(a):
            for j in range(b):
                for k in range(c):
                    found[o // 4, (i * b + j) * c + k, o % 4] = w[o, i, j, k]
    return found


@jit
def settle(table, moments, count, gain, shift):
    """The table (4, C) of a normalisation, scale, offset, mean and inverse of the deviation, from
    moments of ``count`` numbers: see `add_moments`."""
    for c in range(table.shape[1]):
        apart = moments[0, c] / count
        mean = moments[2, c] + apart
        inverse = 1 / np.sqrt(moments[1, c] / count - apart * apart + BATCH_NORM_EPS)
        scale = gain[c] * inverse
        table[0, c], table[1, c] = scale, shift[c] - mean * scale
        table[2, c], table[3, c] = mean, inverse


@jit
def activate(out, z, norm):
    """Normalise and apply the leaky ReLU: out = leaky(z * norm[0] + norm[1]), (H, C, W)."""
    for r in range(z.shape[0]):
        put_activated(out[r], 0, z, r, norm)


@jit
def pointwise_forward(z2, z1, w, norm1, moments):
    """1×1 convolution by w, (O, C) packed, of what z1 (H, C, W) is activated to.

    Where z2 is empty, only its moments are found.
    """
    rows, channels, n = z1.shape
    count, size = band_of(n, rows)
    a = np.zeros((channels, size), np.float32)
    y = np.empty((4 * w.shape[0], size), np.float32)
    for first in range(0, rows, count):
        last = min(first + count, rows)
        for r in range(first, last):
            put_activated(a, (r - first) * n, z1, r, norm1)
        mix(y.ctypes.data, size, w, a.ctypes.data, size, size)
        for r in range(first, last):
            add_moments(moments, y, (r - first) * n, n, r)
            if z2.size:
                take(z2, r, y, (r - first) * n)


@jit
def pointwise_backward(dl, gw, z2, z1, w, turned, norm2, sums2, norm1, sums1):
    """From the gradient dl after the normalisation of z2 to that of z1, in place.

    Where z2 is empty, it is made again by w, (O, C) packed.
    """
    rows, channels, n = z1.shape
    count, size = band_of(n, rows)
    a = np.zeros((channels, size), np.float32)
    da = np.empty((channels, size), np.float32)
    dz = np.zeros((gw.shape[0], size), np.float32)
    y = np.zeros((gw.shape[0], size), np.float32)
    for first in range(0, rows, count):
        last = min(first + count, rows)
        if last - first < count:
            dz[:] = 0
        for r in range(first, last):
            put_activated(a, (r - first) * n, z1, r, norm1)
        if z2.size == 0:
            mix(y.ctypes.data, size, w, a.ctypes.data, size, size)
        for r in range(first, last):
            at = (r - first) * n
            if z2.size:
                put_norm_back(dz, at, dl[r], z2[r], 0, rows * n, norm2, sums2)
            else:
                put_norm_back(dz, at, dl[r], y, at, rows * n, norm2, sums2)
        add_dots(gw, dz.ctypes.data, size, a.ctypes.data, size, size)
        mix(da.ctypes.data, size, turned, dz.ctypes.data, size, size)
        for r in range(first, last):
            take(dl, r, da, (r - first) * n)
            slope_back(dl[r], z1[r], 0, n, norm1, sums1)


@jit
def head_forward(out, z1, w2, w, bias, norm1, norm2):
    """The last two layers: out (H, channels, W), sigmoid of 1×1 convolutions of z1, activated.

    ``w2`` (C, C) and ``w`` (O, C) are packed, O being the channels of the image filled up to a
    multiple of 4.
    """
    rows, channels, n = out.shape
    count, size = band_of(n, rows)
    a = np.zeros((z1.shape[1], size), np.float32)
    z, active = np.empty_like(a), np.empty_like(a)
    y = np.empty((4 * w.shape[0], size), np.float32)
    for first in range(0, rows, count):
        last = min(first + count, rows)
        for r in range(first, last):
            put_activated(a, (r - first) * n, z1, r, norm1)
        mix(z.ctypes.data, size, w2, a.ctypes.data, size, size)
        activate_band(active, z, norm2)
        mix(y.ctypes.data, size, w, active.ctypes.data, size, size)
        for r in range(first, last):
            at = np.uintp((r - first) * n)
            for c in range(channels):
                b = bias[c]
                for j in range(np.uintp(n)):
                    out[r, c, j] = np.float32(1) / (
                        np.float32(1) + exponential(-(y[c, at + j] + b))
                    )


@jit
def head_backward(dl, gw, gb, d_out, out, z1, w2, turned, norm1, norm2, sums):
    """From the gradient d_out of the generated image to dl, after the second normalisation."""
    rows, channels, n = out.shape
    count, size = band_of(n, rows)
    a = np.zeros((z1.shape[1], size), np.float32)
    z, active, da = np.empty_like(a), np.empty_like(a), np.empty_like(a)
    d = np.zeros((gw.shape[0], size), np.float32)
    for first in range(0, rows, count):
        last = min(first + count, rows)
        if last - first < count:
            d[:] = 0
        for r in range(first, last):
            at = np.uintp((r - first) * n)
            put_activated(a, (r - first) * n, z1, r, norm1)
            for c in range(channels):
                total = np.float32(0)
                for j in range(np.uintp(n)):
                    y = out[r, c, j]
                    v = d_out[r, c, j] * y * (np.float32(1) - y)
                    d[c, at + j] = v
                    total += v
                gb[c] += total
        mix(z.ctypes.data, size, w2, a.ctypes.data, size, size)
        activate_band(active, z, norm2)
        add_dots(gw, d.ctypes.data, size, active.ctypes.data, size, size)
        mix(da.ctypes.data, size, turned, d.ctypes.data, size, size)
        for r in range(first, last):
            take(dl, r, da, (r - first) * n)
            slope_back(dl[r], z, (r - first) * n, n, norm2, sums)


@jit
def absolute_error(d_out, out, target):
    """Mean absolute error of out (H, channels, W), and its gradient into d_out."""
    rows, channels, n = out.shape
    share = np.float32(1 / target.size)
    total = 0.0
    for r in range(rows):
        for c in range(channels):
            error = np.float32(0)
            for j in range(n):
                apart = out[r, c, j] - target[r, c, j]
                error += abs(apart)
                d_out[r, c, j] = share if apart > 0 else (-share if apart < 0 else np.float32(0))
            total += np.float64(error)
    return total / target.size
