"""Compiled 3×3 convolutions of activated, reflected images, forward and backward, stride 1 or 2.

Images are arrays of shape (rows, channels, columns), see :mod:`segprior.nn.compiled.row_ops`. Rows
are taken in bands of some hundred columns that stay in the cache. In a band, lines of one channel
follow each other at a fixed pitch, their borders with them; so what a tap sees is the band itself
from another place on, and nothing is copied nine times. Between the lines of a gradient there are
zeros. For stride 2, lines and columns of even and of odd number lie apart.
"""

from __future__ import annotations

import numpy as np

from segprior.nn.compiled.matmul import add_dots_at, mix_at
from segprior.nn.compiled.row_ops import add_moments, put_norm_back, slope_back, take
from segprior.nn.compiled.vectors import address, evens, larger, load, odds, spread, store
from segprior.runtime.compilation import jit, part

__all__ = ["conv_backward", "conv_forward", "shrink_backward", "shrink_forward"]

_BAND = 512  # columns of a band


@part
def _sizes(n, rows, margin):
    """Rows of a band, columns of a row in it, columns of all, and the same with what is around."""
    pitch = n + margin
    count = min(rows, max(margin, _BAND // pitch))
    return count, pitch, -(-count * pitch // 8) * 8, _strided((count + margin) * pitch + 16)


@part
def _strided(size):
    """At least so many columns; a stride that spreads rows over the sets of the cache."""
    size = -(-size // 16) * 16
    return size if size % 32 else size + 16


@part
def _seen(line, size):
    """Reflect a line number that may lie one outside."""
    line = abs(line)
    return line if line < size else 2 * (size - 1) - line


@part
def _places(channels, size, down, across, flipped):
    """How many bytes behind a band each tap sees each of its channels: taps, then channels."""
    places = np.empty(9 * channels, np.int64)
    for a in range(3):
        for b in range(3):
            for c in range(channels):
                at = (2 - a) * down + (2 - b) * across if flipped else a * down + b * across
                places[(a * 3 + b) * channels + c] = 4 * (c * size + at)
    return places


@part
def _keep(band, start, size):
    """What two bands share, from the end of the one to the start of the next."""
    whole = size // 8 * 8
    for c in range(band.shape[0]):
        to = address(band) + c * band.strides[0]
        for j in range(0, 4 * whole, 32):
            store(to + j, load(to + 4 * start + j))
        for j in range(whole, size):
            band[c, j] = band[c, start + j]


@part
def _put_line(band, at, x, r, norm, slope):
    """Row r of x, normalised, activated and reflected on both sides."""
    _, channels, n = x.shape
    to = np.uintp(at + 1)
    for c in range(channels):
        s, t = norm[0, c], norm[1, c]
        for j in range(np.uintp(n)):
            v = x[r, c, j] * s + t
            band[c, to + j] = max(v, v * slope)
        band[c, at] = band[c, at + 2]
        band[c, at + n + 1] = band[c, at + n - 1]


@part
def _put_halves(band, plane, at, x, r, norm, slope):
    """The same, columns apart: those before into rows ``4 c + plane``, the others into the next."""
    _, channels, columns = x.shape
    whole = columns // 16 * 8
    for c in range(channels):
        s, t = norm[0, c], norm[1, c]
        scale, offset, part_of = spread(s), spread(t), spread(slope)
        k = 4 * c + plane
        to, source = address(band[k, at:]), address(x[r, c])
        for j in range(0, 4 * whole, 32):
            one, two = load(source + 2 * j), load(source + 2 * j + 32)
            v, w = evens(one, two) * scale + offset, odds(one, two) * scale + offset
            store(to + band.strides[0] + j, larger(v, v * part_of))
            store(to + 4 + j, larger(w, w * part_of))
        for j in range(whole, columns // 2):
            a, b = x[r, c, 2 * j] * s + t, x[r, c, 2 * j + 1] * s + t
            band[k + 1, at + j] = max(a, a * slope)
            band[k, at + 1 + j] = max(b, b * slope)
        band[k, at] = band[k, at + 1]


@part
def _put_gradient(band, at, dl, z, r, norm, sums):
    """Row r of the gradient before the normalisation of z; zeros where there is no such row."""
    rows, channels, n = z.shape
    if 0 <= r < rows:
        put_norm_back(band, at, dl[r], z[r], 0, rows * z.shape[2], norm, sums)
    else:
        for c in range(channels):
            band[c, at : at + n] = 0


@part
def _fill(band, x, norm, slope, first, count, pitch):
    """Lines of x, reflected, that rows ``first`` to ``first + count`` see."""
    rows = x.shape[0]
    done = 0
    if first > 0:
        _keep(band, count * pitch, 2 * pitch)
        done = 2
    for line in range(first + done, min(first + count, rows) + 2):
        if line < rows + 2:
            _put_line(band, (line - first) * pitch, x, _seen(line - 1, rows), norm, slope)


@part
def _fill_halves(band, x, norm, slope, first, count, pitch):
    """The same for stride 2."""
    rows = x.shape[0] // 2
    done = 0
    if first > 0:
        for c in range(x.shape[1]):
            _keep(band[4 * c : 4 * c + 2], count * pitch, pitch)
        done = 1
    for line in range(first + done, min(first + count, rows) + 1):
        _put_halves(band, 0, (line - first) * pitch, x, _seen(2 * line - 1, 2 * rows), norm, slope)
    for line in range(first, min(first + count, rows)):
        _put_halves(band, 2, (line - first) * pitch, x, 2 * line, norm, slope)


@part
def _half_places(channels, size, pitch):
    places = np.empty(9 * channels, np.int64)
    for a in range(3):
        for b in range(3):
            for c in range(channels):
                plane = 4 * c + 2 * (a % 2) + b % 2
                at = (a // 2) * pitch + b // 2
                places[(a * 3 + b) * channels + c] = 4 * (plane * size + at)
    return places


@part
def _take_all(z, moments, y, first, count, pitch):
    """Rows ``first`` to ``first + count`` of z from a band, and their moments."""
    for r in range(first, min(first + count, z.shape[0])):
        take(z, r, y, (r - first) * pitch)
        add_moments(moments, y, (r - first) * pitch, z.shape[2], r)


@jit
def conv_forward(z, x, norm, slope, w, moments):
    """Convolve x (H, C, W), normalised and through the leaky ReLU, by w, (O, 9 C) packed."""
    rows, out, n = z.shape
    channels = x.shape[1]
    count, pitch, size, around = _sizes(n, rows, 2)
    places = _places(channels, around, pitch, 1, False)
    band = np.zeros((channels, around), np.float32)
    y = np.empty((out, _strided(size)), np.float32)
    for first in range(0, rows, count):
        _fill(band, x, norm, slope, first, count, pitch)
        mix_at(y.ctypes.data, y.shape[1], w, band.ctypes.data, places, size)
        _take_all(z, moments, y, first, count, pitch)


@jit
def shrink_forward(z, x, norm, slope, w, moments):
    """The same with stride 2: x is (2 H, C, 2 W)."""
    rows, out, n = z.shape
    channels = x.shape[1]
    count, pitch, size, around = _sizes(n, rows, 1)
    places = _half_places(channels, around, pitch)
    band = np.zeros((4 * channels, around), np.float32)
    y = np.empty((out, _strided(size)), np.float32)
    for first in range(0, rows, count):
        _fill_halves(band, x, norm, slope, first, count, pitch)
        mix_at(y.ctypes.data, y.shape[1], w, band.ctypes.data, places, size)
        _take_all(z, moments, y, first, count, pitch)


@jit
def conv_backward(dx, gw, dl, z, x, xnorm, xsums, slope, turned, norm, sums):
    """Gradients of `conv_forward`: gw (O, 9 C), added to, and dx (H, C, W).

    ``dl`` is the gradient after the normalisation of z, ``turned`` the weights, (C, 9 O) packed;
    dx is the gradient after the normalisation of x, added up in ``xsums``.
    """
    rows, out, n = z.shape
    channels = x.shape[1]
    count, pitch, size, around = _sizes(n, rows + 2, 2)
    places = _places(channels, around, pitch, 1, False)
    back = _places(out, around, pitch, 1, True)
    band = np.zeros((channels, around), np.float32)
    dz = np.zeros((out, around), np.float32)
    y = np.empty((channels, _strided(size)), np.float32)
    outside = np.empty((channels, n), np.float32)
    for first in range(0, rows + 2, count):
        _fill(band, x, xnorm, slope, first, count, pitch)
        if first > 0:
            _keep(dz, count * pitch, 2 * pitch)
        for r in range(first, first + count):
            _put_gradient(dz, (r - first + 2) * pitch + 2, dl, z, r, norm, sums)
        start = dz.ctypes.data + 4 * (2 * pitch + 2)
        add_dots_at(gw, start, around, band.ctypes.data, places, size)
        mix_at(y.ctypes.data, y.shape[1], turned, dz.ctypes.data, back, size)
        for line in range(first, min(first + count, rows + 2)):
            _fold(dx, outside, y, line, np.uintp((line - first) * pitch))
        _slope_back_all(dx, x, xnorm, xsums, first - 3, count, first + count >= rows + 2)


@part
def _slope_back_all(dx, x, norm, sums, first, count, last):
    """Take rows ``first`` to ``first + count`` back through an activation, or all that are left:
    a line outside may still be added to the last three of those that were folded."""
    rows, _, n = dx.shape
    for r in range(max(first, 0), rows if last else min(first + count, rows)):
        slope_back(dx[r], x[r], 0, n, norm, sums)


@part
def _fold(dx, outside, y, line, at):
    """A line of the gradient of a reflected image into that of the image."""
    rows, channels, n = dx.shape
    first = at + np.uintp(1)
    for c in range(channels):
        y[c, at + 2] += y[c, at]
        y[c, at + n - 1] += y[c, at + n + 1]
        if line == 0:
            for j in range(np.uintp(n)):
                outside[c, j] = y[c, first + j]
        elif line == rows + 1:
            for j in range(np.uintp(n)):
                dx[rows - 2, c, j] += y[c, first + j]
        elif line == 2:
            for j in range(np.uintp(n)):
                dx[1, c, j] = y[c, first + j] + outside[c, j]
        else:
            for j in range(np.uintp(n)):
                dx[line - 1, c, j] = y[c, first + j]


@jit
def shrink_backward(dx, gw, dl, z, x, xnorm, xsums, slope, turned, norm, sums):
    """The same with stride 2; ``turned`` are the weights by what they go back to, for rows and
    columns of odd number, of odd and even, even and odd, and even number. dx may be empty."""
    rows, out, n = z.shape
    channels = x.shape[1]
    count, pitch, size, around = _sizes(n, rows + 1, 1)
    places = _half_places(channels, around, pitch)
    band = np.zeros((4 * channels, around), np.float32)
    dz = np.zeros((out, around), np.float32)
    y = np.empty((4, channels, _strided(size)), np.float32)
    outside = np.empty((channels, 2 * n), np.float32)
    back = np.empty((4, 4 * out), np.int64)
    for plane in range(4):
        down, across = 2 - plane // 2, 2 - plane % 2
        for a in range(down):
            for b in range(across):
                for o in range(out):
                    at = o * around + (1 - a) * pitch + 1 - b
                    back[plane, (a * across + b) * out + o] = 4 * at
    for first in range(0, rows + 1, count):
        _fill_halves(band, x, xnorm, slope, first, count, pitch)
        if first > 0:
            _keep(dz, count * pitch, pitch)
        for r in range(first, first + count):
            _put_gradient(dz, (r - first + 1) * pitch + 1, dl, z, r, norm, sums)
        start = dz.ctypes.data + 4 * (pitch + 1)
        add_dots_at(gw, start, around, band.ctypes.data, places, size)
        if dx.size:
            for plane in range(4):
                mix_at(y[plane].ctypes.data, y.shape[2], turned[plane], dz.ctypes.data,
                       back[plane], size)  # fmt: skip
            for line in range(first, min(first + count, rows + 1)):
                at = np.uintp((line - first) * pitch)
                for c in range(channels):
                    y[0, c, at + 1] += y[0, c, at]
                    y[2, c, at + 1] += y[2, c, at]
                _fold_halves(dx, outside, y, line, at)
            _slope_back_all(
                dx, x, xnorm, xsums, 2 * first - 3, 2 * count, first + count >= rows + 1
            )


@part
def _fold_halves(dx, outside, y, line, at):
    rows, channels, columns = dx.shape
    n, first = np.uintp(columns // 2), at + np.uintp(1)
    for c in range(channels):
        if line == 0:
            for j in range(n):
                outside[c, 2 * j] = y[1, c, at + j]
                outside[c, 2 * j + 1] = y[0, c, first + j]
        elif line == 1:
            for j in range(n):
                dx[1, c, 2 * j] = y[1, c, at + j] + outside[c, 2 * j]
                dx[1, c, 2 * j + 1] = y[0, c, first + j] + outside[c, 2 * j + 1]
        else:
            for j in range(n):
                dx[2 * line - 1, c, 2 * j] = y[1, c, at + j]
                dx[2 * line - 1, c, 2 * j + 1] = y[0, c, first + j]
        if 2 * line < rows:
            for j in range(n):
                dx[2 * line, c, 2 * j] = y[3, c, at + j]
                dx[2 * line, c, 2 * j + 1] = y[2, c, first + j]
