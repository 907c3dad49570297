"""Compiled layers of the generator: convolutions with what comes before and after them.

Images are arrays of shape (rows, channels, columns), see :mod:`segprior.rows`. Each function works
on one thread, releases Python's lock and gives the same bytes every time. Numba compiles it at its
first use and keeps what it made on disk.
"""

from __future__ import annotations

import numpy as np

from segprior.rows import (
    add_moments,
    band_of,
    put_activated,
    put_norm_back,
    slope_back,
    take,
)
from segprior.simd import add_dots, as_float, jit, mix, part

__all__ = [
    "absolute_error",
    "activate",
    "conv_backward",
    "conv_forward",
    "head_backward",
    "head_forward",
    "pointwise_backward",
    "pointwise_forward",
    "slope_backward",
]

_LOG2E, _LN2 = np.float32(1.4426950408889634), np.float32(0.6931471805599453)


@jit
def activate(out, z, norm):
    """Normalise and apply the leaky ReLU: out = leaky(z * norm[0] + norm[1]), (H, C, W)."""
    for r in range(z.shape[0]):
        put_activated(out[r], 0, z, r, norm)


@jit
def slope_backward(d, z, norm, sums):
    """Take the gradient d (H, C, W) back through the leaky ReLU, in place; add up sums (2, C)."""
    for r in range(z.shape[0]):
        slope_back(d, z, r, norm, sums)


@part
def _seen(line, size):
    """Reflect a line number that may lie one outside."""
    line = abs(line)
    return line if line < size else 2 * (size - 1) - line


@part
def _gather(cols, at, x, r, n, stride):
    """What the nine taps see of x (H, C, W) at row r of the result: cols (9 C, …) from ``at``."""
    rows, channels, columns = x.shape
    for a in range(3):
        row = _seen(stride * r + a - 1, rows)
        for b in range(3):
            last = n - 1 if stride * (n - 1) + b - 1 >= columns else n
            for c in range(channels):
                k = (a * 3 + b) * channels + c
                if stride == 1:
                    for j in range(1, last):
                        cols[k, at + j] = x[row, c, j + b - 1]
                else:
                    for j in range(1, last):
                        cols[k, at + j] = x[row, c, 2 * j + b - 1]
                cols[k, at] = x[row, c, abs(b - 1)]
                if last < n:
                    cols[k, at + last] = x[row, c, _seen(stride * last + b - 1, columns)]


@part
def _add(d, row, c, first, step, cols, k, at, n):
    # Indices that could be negative would count from the end, and the loop not be vectorised.
    to, source, by = np.uintp(first), np.uintp(at), np.uintp(step)
    for j in range(np.uintp(n)):
        d[row, c, to + by * j] += cols[k, source + j]


@part
def _scatter(d, cols, at, r, n, stride):
    """The adjoint of `_gather`, added to d."""
    rows, channels, columns = d.shape
    for a in range(3):
        row = _seen(stride * r + a - 1, rows)
        for b in range(3):
            last = n - 1 if stride * (n - 1) + b - 1 >= columns else n
            for c in range(channels):
                k = (a * 3 + b) * channels + c
                if stride == 1:
                    _add(d, row, c, b, 1, cols, k, at + 1, last - 1)
                else:
                    _add(d, row, c, b + 1, 2, cols, k, at + 1, last - 1)
                d[row, c, abs(b - 1)] += cols[k, at]
                if last < n:
                    d[row, c, _seen(stride * last + b - 1, columns)] += cols[k, at + last]


@jit
def conv_forward(z, x, w, stride, moments):
    """Convolve x (H, C, W) by w, (O, 9 C) packed, taps first."""
    rows, out, n = z.shape
    count, size = band_of(n, rows)
    cols = np.zeros((w.shape[1], size), np.float32)
    y = np.empty((out, size), np.float32)
    for first in range(0, rows, count):
        last = min(first + count, rows)
        for r in range(first, last):
            _gather(cols, (r - first) * n, x, r, n, stride)
        mix(y.ctypes.data, size, w, cols.ctypes.data, size, size)
        for r in range(first, last):
            take(z, r, y, (r - first) * n)
            add_moments(moments, z, r)


@jit
def conv_backward(dx, gw, dl, z, x, turned, stride, norm, sums):
    """Gradients of `conv_forward`: gw (O, 9 C) and, unless dx is empty, dx (H, C, W), added to.

    ``dl`` is the gradient after the normalisation of z, ``turned`` the weights, (9 C, O) packed.
    """
    rows, out, n = z.shape
    count, size = band_of(n, rows)
    cols = np.zeros((gw.shape[1], size), np.float32)
    dz = np.zeros((out, size), np.float32)
    for first in range(0, rows, count):
        last = min(first + count, rows)
        if last - first < count:
            dz[:] = 0
        for r in range(first, last):
            put_norm_back(dz, (r - first) * n, dl, z, r, norm, sums)
            _gather(cols, (r - first) * n, x, r, n, stride)
        add_dots(gw, dz.ctypes.data, size, cols.ctypes.data, size, size)
        if dx.size:
            mix(cols.ctypes.data, size, turned, dz.ctypes.data, size, size)
            for r in range(first, last):
                _scatter(dx, cols, (r - first) * n, r, n, stride)


@jit
def pointwise_forward(z2, z1, w, norm1, moments):
    """1×1 convolution by w, (O, C) packed, of what z1 (H, C, W) is activated to."""
    rows, channels, n = z1.shape
    count, size = band_of(n, rows)
    a = np.zeros((channels, size), np.float32)
    y = np.empty((z2.shape[1], size), np.float32)
    for first in range(0, rows, count):
        last = min(first + count, rows)
        for r in range(first, last):
            put_activated(a, (r - first) * n, z1, r, norm1)
        mix(y.ctypes.data, size, w, a.ctypes.data, size, size)
        for r in range(first, last):
            take(z2, r, y, (r - first) * n)
            add_moments(moments, z2, r)


@jit
def pointwise_backward(dl1, gw, dl2, z2, z1, turned, norm2, sums2, norm1, sums1):
    """From the gradient dl2 after the normalisation of z2 to dl1, after that of z1."""
    rows, channels, n = z1.shape
    count, size = band_of(n, rows)
    a = np.zeros((channels, size), np.float32)
    da = np.empty((channels, size), np.float32)
    dz = np.zeros((z2.shape[1], size), np.float32)
    for first in range(0, rows, count):
        last = min(first + count, rows)
        if last - first < count:
            dz[:] = 0
        for r in range(first, last):
            put_norm_back(dz, (r - first) * n, dl2, z2, r, norm2, sums2)
            put_activated(a, (r - first) * n, z1, r, norm1)
        add_dots(gw, dz.ctypes.data, size, a.ctypes.data, size, size)
        mix(da.ctypes.data, size, turned, dz.ctypes.data, size, size)
        for r in range(first, last):
            take(dl1, r, da, (r - first) * n)
            slope_back(dl1, z1, r, norm1, sums1)


@part
def _exp(x):
    """The exponential function to about 1e-7, without a call, so that loops are vectorised."""
    x = min(max(x, np.float32(-80)), np.float32(80)) * _LOG2E
    whole = np.floor(x + np.float32(0.5))
    f = (x - whole) * _LN2  # within ±ln(2)/2, where eight terms of the series are enough
    y = np.float32(1 / 720) + f * np.float32(1 / 5040)
    y = np.float32(1 / 24) + f * (np.float32(1 / 120) + f * y)
    y = np.float32(0.5) + f * (np.float32(1 / 6) + f * y)
    y = np.float32(1) + f * (np.float32(1) + f * y)
    return y * as_float((np.int32(whole) + np.int32(127)) << np.int32(23))


@jit
def head_forward(out, z, w, bias, norm):
    """The last layer: out (H, channels, W), sigmoid of a 1×1 convolution of z, activated.

    ``w`` (O, C) is packed, O being the channels of the image filled up to a multiple of 4.
    """
    rows, channels, n = out.shape
    count, size = band_of(n, rows)
    a = np.zeros((z.shape[1], size), np.float32)
    y = np.empty((4 * w.shape[0], size), np.float32)
    for first in range(0, rows, count):
        last = min(first + count, rows)
        for r in range(first, last):
            put_activated(a, (r - first) * n, z, r, norm)
        mix(y.ctypes.data, size, w, a.ctypes.data, size, size)
        for r in range(first, last):
            at = (r - first) * n
            for c in range(channels):
                b = bias[c]
                for j in range(n):
                    out[r, c, j] = np.float32(1) / (np.float32(1) + _exp(-(y[c, at + j] + b)))


@jit
def head_backward(dl, gw, gb, d_out, out, z, turned, norm, sums):
    """From the gradient d_out of the generated image to dl, after the normalisation of z."""
    rows, channels, n = out.shape
    count, size = band_of(n, rows)
    width = z.shape[1]
    a = np.zeros((width, size), np.float32)
    da = np.empty((width, size), np.float32)
    d = np.zeros((gw.shape[0], size), np.float32)
    for first in range(0, rows, count):
        last = min(first + count, rows)
        if last - first < count:
            d[:] = 0
        for r in range(first, last):
            at = (r - first) * n
            put_activated(a, at, z, r, norm)
            for c in range(channels):
                total = np.float32(0)
                for j in range(n):
                    y = out[r, c, j]
                    v = d_out[r, c, j] * y * (np.float32(1) - y)
                    d[c, at + j] = v
                    total += v
                gb[c] += total
        add_dots(gw, d.ctypes.data, size, a.ctypes.data, size, size)
        mix(da.ctypes.data, size, turned, d.ctypes.data, size, size)
        for r in range(first, last):
            take(dl, r, da, (r - first) * n)
            slope_back(dl, z, r, norm, sums)


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
