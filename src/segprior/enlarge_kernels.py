"""Compiled enlarging, twofold and bilinear, with the 3×3 convolution that follows it.

Images are arrays of shape (rows, channels, columns), see :mod:`segprior.rows`. In both directions
the channels are mixed on the small grid, once for each of the nine taps, where the large one would
take four times as much: see :mod:`segprior.enlarge`.
"""

from __future__ import annotations

import numpy as np

from segprior.rows import add_moments, band_of, put, put_norm_back, take
from segprior.simd import add_dots, jit, mix, part

__all__ = [
    "add_variance_gradient",
    "enlarge_backward",
    "enlarge_forward",
    "enlarged_moments",
]


@part
def _enlarge_rows(t, ring, taps, p, r):
    """Row 2r + p of the large image before its columns are enlarged: t (3, O, w + 2)."""
    lines, groups, _, out, padded = ring.shape
    above, here, below = (r - 1) % lines, r % lines, (r + 1) % lines
    for a in range(groups):
        u, v, s = taps[p, a, 0, r], taps[p, a, 1, r], taps[p, a, 2, r]
        for b in range(3):
            for k in range(out):
                if a == 0:
                    for j in range(padded):
                        t[b, k, j] = (
                            u * ring[above, a, b, k, j]
                            + v * ring[here, a, b, k, j]
                            + s * ring[below, a, b, k, j]
                        )
                else:
                    for j in range(padded):
                        t[b, k, j] += (
                            u * ring[above, a, b, k, j]
                            + v * ring[here, a, b, k, j]
                            + s * ring[below, a, b, k, j]
                        )


@part
def _enlarge_columns(z, r, t, taps, line):
    """Finish row r of z (2h, O, 2w) from t (3, O, w + 2)."""
    columns = line.shape[1]
    for k in range(z.shape[1]):
        for q in range(2):
            for j in range(columns):
                line[q, j] = (
                    taps[q, 0, 0, j] * t[0, k, j]
                    + taps[q, 0, 1, j] * t[0, k, j + 1]
                    + taps[q, 0, 2, j] * t[0, k, j + 2]
                )
            for b in range(1, 3):
                for j in range(columns):
                    line[q, j] += (
                        taps[q, b, 0, j] * t[b, k, j]
                        + taps[q, b, 1, j] * t[b, k, j + 1]
                        + taps[q, b, 2, j] * t[b, k, j + 2]
                    )
        for j in range(columns):
            z[r, k, 2 * j] = line[0, j]
            z[r, k, 2 * j + 1] = line[1, j]


@jit
def enlarge_forward(z, x, w, row_taps, column_taps, moments):
    """Enlarge x (h, C, w) twofold, reflect its borders, convolve to z (2h, O, 2w).

    ``w``, (9 O, C) packed, mixes the channels for the nine taps on the small grid: see
    :mod:`segprior.enlarge`.
    """
    rows, channels, columns = x.shape
    out = z.shape[1]
    count, size = band_of(columns, rows)
    lines = count + 3
    ring = np.zeros((lines, 3, 3, out, columns + 2), np.float32)
    band = np.zeros((channels, size), np.float32)
    y = np.empty((9 * out, size), np.float32)
    t = np.empty((3, out, columns + 2), np.float32)
    line = np.empty((2, columns), np.float32)
    ready = 0
    for r in range(rows):
        while ready < min(r + 2, rows):
            last = min(ready + count, rows)
            for k in range(ready, last):
                put(band, (k - ready) * columns, x, k)
            mix(y.ctypes.data, size, w, band.ctypes.data, size, size)
            for k in range(ready, last):
                at = (k - ready) * columns
                for a in range(3):
                    for b in range(3):
                        for o in range(out):
                            for j in range(columns):
                                ring[k % lines, a, b, o, j + 1] = y[(a * 3 + b) * out + o, at + j]
            ready = last
        for p in range(2):
            _enlarge_rows(t, ring, row_taps, p, r)
            _enlarge_columns(z, 2 * r + p, t, column_taps, line)
            add_moments(moments, z, 2 * r + p)


@part
def _reduce_columns(ring, place, dz, taps, parts):
    """The adjoint of `_enlarge_columns`: dz (O, 2w) into ring[place], (3, O, w)."""
    columns = ring.shape[3]
    for k in range(dz.shape[0]):
        for j in range(columns):
            parts[0, j + 1] = dz[k, 2 * j]
            parts[1, j + 1] = dz[k, 2 * j + 1]
        for b in range(3):
            for j in range(columns):
                ring[place, b, k, j] = (
                    taps[0, b, 0, j] * parts[0, j]
                    + taps[0, b, 1, j] * parts[0, j + 1]
                    + taps[0, b, 2, j] * parts[0, j + 2]
                )
            for j in range(columns):
                ring[place, b, k, j] += (
                    taps[1, b, 0, j] * parts[1, j]
                    + taps[1, b, 1, j] * parts[1, j + 1]
                    + taps[1, b, 2, j] * parts[1, j + 2]
                )


@part
def _reduce_rows(nine, at, ring, taps, r):
    """The adjoint of `_enlarge_rows`: row r of the small grid into nine (9 O, …) from ``at``."""
    lines, _, out, columns = ring.shape
    rows = taps.shape[3]
    for a in range(3):
        for o in range(3):
            near = min(max(r - o + 1, 0), rows - 1)
            inside = near == r - o + 1
            u = taps[0, a, o, near] if inside else np.float32(0)
            v = taps[1, a, o, near] if inside else np.float32(0)
            even, odd = (2 * near) % lines, (2 * near + 1) % lines
            for b in range(3):
                for k in range(out):
                    place = (a * 3 + b) * out + k
                    if o == 0:
                        for j in range(columns):
                            nine[place, at + j] = u * ring[even, b, k, j] + v * ring[odd, b, k, j]
                    elif u != 0 or v != 0:
                        for j in range(columns):
                            nine[place, at + j] += u * ring[even, b, k, j] + v * ring[odd, b, k, j]


@jit
def enlarge_backward(dx, gw, dl, z, x, turned, row_taps, turned_taps, norm, sums):
    """Gradients of `enlarge_forward`: gw (9 O, C), added to, and dx (h, C, w), written.

    ``turned`` is w transposed and packed; ``turned_taps`` are the column taps by small column.
    """
    rows, channels, columns = x.shape
    out = z.shape[1]
    count, size = band_of(columns, rows)
    dz = np.empty((out, 2 * columns), np.float32)
    parts = np.zeros((2, columns + 2), np.float32)
    ring = np.zeros((8, 3, out, columns), np.float32)
    nine = np.zeros((9 * out, size), np.float32)
    band = np.zeros((channels, size), np.float32)
    y = np.empty((channels, size), np.float32)
    ready = 0
    for first in range(0, rows, count):
        last = min(first + count, rows)
        if last - first < count:
            nine[:] = 0
        for r in range(first, last):
            while ready < min(2 * r + 4, 2 * rows):
                put_norm_back(dz, 0, dl, z, ready, norm, sums)
                _reduce_columns(ring, ready % 8, dz, turned_taps, parts)
                ready += 1
            _reduce_rows(nine, (r - first) * columns, ring, row_taps, r)
            put(band, (r - first) * columns, x, r)
        add_dots(gw, nine.ctypes.data, size, band.ctypes.data, size, size)
        mix(y.ctypes.data, size, turned, nine.ctypes.data, size, size)
        for r in range(first, last):
            take(dx, r, y, (r - first) * columns)


@jit
def enlarged_moments(s, x, row_squares, row_sums, column_squares, column_sums, total):
    """Sums and sums of squares of x (h, C, w) enlarged, into total (2, C); s is kept for later.

    See :func:`segprior.enlarge.enlarged_variance`: ``row_squares`` (2, h) and ``column_squares``
    (2, w) are the diagonal and the side diagonal, which ends in 0.
    """
    rows, channels, columns = x.shape
    t = np.zeros(columns + 2, np.float32)
    before = np.zeros(columns, np.float32)
    before[1:] = column_squares[1, : columns - 1]
    for r in range(rows):
        d, above, below = row_squares[0, r], max(r - 1, 0), min(r + 1, rows - 1)
        low = row_squares[1, above] if r > 0 else np.float32(0)
        high = row_squares[1, r]
        for c in range(channels):
            for j in range(columns):
                t[j + 1] = d * x[r, c, j] + low * x[above, c, j] + high * x[below, c, j]
            one, two = np.float32(0), np.float32(0)
            for j in range(columns):
                v = (
                    column_squares[0, j] * t[j + 1]
                    + before[j] * t[j]
                    + column_squares[1, j] * t[j + 2]
                )
                s[r, c, j] = v
                one += column_sums[j] * x[r, c, j]
                two += v * x[r, c, j]
            total[0, c] += np.float64(one) * row_sums[r]
            total[1, c] += two


@jit
def add_variance_gradient(dx, s, factor, mean, row_sums, column_sums):
    """Add factor * (s - mean * row_sums * column_sums) to dx (h, C, w), channel by channel."""
    rows, channels, columns = dx.shape
    for r in range(rows):
        for c in range(channels):
            f = factor[c]
            m = f * mean[c] * row_sums[r]
            for j in range(columns):
                dx[r, c, j] += f * s[r, c, j] - m * column_sums[j]
