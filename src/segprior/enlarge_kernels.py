"""Compiled enlarging, twofold and bilinear, with the 3×3 convolution that follows it.

Images are arrays of shape (rows, channels, columns), see :mod:`segprior.rows`. In both directions
the channels are mixed on the small grid, once for each of the nine taps, where the large one would
take four times as much: see :mod:`segprior.enlarge`.

Line ``2 c`` and line ``2 c + 1`` of the large image, seen through the three taps, are lines
``2 c - 1`` to ``2 c + 2``, which lie between lines ``c - 1`` and ``c`` (the first two) and between
``c`` and ``c + 1`` of the small image. ``far`` (4, size) says how far along they are. Reflection is
in the line before the first and the one behind the last, which are made of the two next to them:
the first tap alone looks at the one, the third at the other.
"""

from __future__ import annotations

import numpy as np

from segprior.rows import add_moments, put, put_norm_back, take
from segprior.simd import add_dots, jit, mix, part

__all__ = [
    "add_variance_gradient",
    "enlarge_backward",
    "enlarge_forward",
    "enlarged_moments",
]

_BAND = 320  # columns mixed at once, the lines between two rows with them
_SLOTS = 4  # bands of rows that are kept: the last three, and one for the lines outside


@part
def _band(columns, rows):
    """How many rows go into a band, how long they are there, and how many columns it has."""
    pitch = columns + 2
    count = min(rows, max(1, _BAND // pitch))
    # Strides that are multiples of 128 bytes but not of 256 spread over the cache.
    size = -(-count * pitch // 16) * 16
    return count, pitch, size if size % 32 else size + 16


@part
def _between(ring, group, count, pitch, first, far):
    """Line of one tap between rows ``first`` and ``first + 1``, into slot 3 of the ring."""
    size = ring.shape[1] // 3
    one, two = (first // count) % 3, ((first + 1) // count) % 3
    at, to = (first % count) * pitch, ((first + 1) % count) * pitch
    for k in range(group * size, (group + 1) * size):
        for j in range(np.uintp(pitch)):
            a = ring[one, k, np.uintp(at) + j]
            ring[3, k, j] = a + far * (ring[two, k, np.uintp(to) + j] - a)


@part
def _enlarge_rows(t, ring, count, pitch, far, r, rows):
    """Rows 2r and 2r + 1 of the large image before their columns are enlarged: t (2, 3 O, …)."""
    size = ring.shape[1] // 3
    above = 3 if r == 0 else ((r - 1) // count) % 3
    below = 3 if r == rows - 1 else ((r + 1) // count) % 3
    here = (r // count) % 3
    up = np.uintp(0 if r == 0 else ((r - 1) % count) * pitch)
    down = np.uintp(0 if r == rows - 1 else ((r + 1) % count) * pitch)
    at = np.uintp((r % count) * pitch)
    f0, f1, f2, f3 = far[0, r], far[1, r], far[2, r], far[3, r]
    for k in range(size):
        for j in range(np.uintp(pitch)):
            a, b = ring[above, k, up + j], ring[here, k, at + j]
            c, d = ring[above, size + k, up + j], ring[here, size + k, at + j]
            e = ring[below, size + k, down + j]
            f, g = ring[here, 2 * size + k, at + j], ring[below, 2 * size + k, down + j]
            both = a + f
            t[0, k, j] = both + f0 * (b - a) + (c + f1 * (d - c)) + f2 * (g - f)
            t[1, k, j] = both + f1 * (b - a) + (d + f2 * (e - d)) + f3 * (g - f)


@part
def _enlarge_columns(z, r, t, p, far, line):
    """Finish row r of z (2h, O, 2w) from t[p] (3 O, w + 2)."""
    out, columns = z.shape[1], far.shape[1]
    first, last = far[2, 0], far[1, columns - 1]
    for k in range(out):
        t[p, k, 0] = t[p, k, 1] + first * (t[p, k, 2] - t[p, k, 1])
        t[p, 2 * out + k, columns + 1] = t[p, 2 * out + k, columns - 1] + last * (
            t[p, 2 * out + k, columns] - t[p, 2 * out + k, columns - 1]
        )
        for j in range(columns):
            a, b = t[p, k, j], t[p, k, j + 1]
            c, d, e = t[p, out + k, j], t[p, out + k, j + 1], t[p, out + k, j + 2]
            f, g = t[p, 2 * out + k, j + 1], t[p, 2 * out + k, j + 2]
            both = a + f
            line[0, j] = (
                both + far[0, j] * (b - a) + (c + far[1, j] * (d - c)) + far[2, j] * (g - f)
            )
            line[1, j] = (
                both + far[1, j] * (b - a) + (d + far[2, j] * (e - d)) + far[3, j] * (g - f)
            )
        for j in range(columns):
            z[r, k, 2 * j] = line[0, j]
            z[r, k, 2 * j + 1] = line[1, j]


@jit
def enlarge_forward(z, x, w, row_far, column_far, moments):
    """Enlarge x (h, C, w) twofold, reflect its borders, convolve to z (2h, O, 2w).

    ``w``, (9 O, C) packed, mixes the channels for the nine taps on the small grid: see
    :mod:`segprior.enlarge`.
    """
    rows, channels, columns = x.shape
    out = z.shape[1]
    count, pitch, size = _band(columns, rows)
    ring = np.zeros((_SLOTS, 9 * out, size), np.float32)
    band = np.zeros((channels, size), np.float32)
    t = np.empty((2, 3 * out, pitch), np.float32)
    line = np.empty((2, columns), np.float32)
    ready = 0
    for r in range(rows):
        while ready < min(r + 2, rows):
            last = min(ready + count, rows)
            for k in range(ready, last):
                put(band, (k - ready) * pitch + 1, x, k)
            slot = (ready // count) % 3
            mix(ring[slot].ctypes.data, size, w, band.ctypes.data, size, size)
            ready = last
        if r == 0:
            _between(ring, 0, count, pitch, 0, row_far[2, 0])
        if r == rows - 1:
            _between(ring, 2, count, pitch, rows - 2, row_far[1, rows - 1])
        _enlarge_rows(t, ring, count, pitch, row_far, r, rows)
        for p in range(2):
            _enlarge_columns(z, 2 * r + p, t, p, column_far, line)
            add_moments(moments, z[2 * r + p], 0, 2 * columns, 2 * r + p)


@part
def _reduce_columns(ring, place, dz, turned, parts):
    """The adjoint of `_enlarge_columns`: dz (O, 2w) into ring[place], (3 O, w)."""
    out, columns = dz.shape[0], ring.shape[2]
    first, last = turned[6, 1], turned[1, columns - 1]
    for k in range(out):
        for j in range(columns):
            parts[0, j + 1] = dz[k, 2 * j]
            parts[1, j + 1] = dz[k, 2 * j + 1]
        for j in range(columns):
            a, b, c = parts[0, j], parts[0, j + 1], parts[0, j + 2]
            d, e, f = parts[1, j], parts[1, j + 1], parts[1, j + 2]
            ring[place, k, j] = (turned[0, j] * b + turned[1, j] * e) + (
                turned[2, j] * c + turned[3, j] * f
            )
            ring[place, out + k, j] = (turned[1, j] * b + turned[3, j] * c) + (
                turned[4, j] * e + turned[6, j] * d
            )
            ring[place, 2 * out + k, j] = (turned[4, j] * b + turned[5, j] * e) + (
                turned[6, j] * a + turned[7, j] * d
            )
        a, b = dz[k, 0], dz[k, 2 * columns - 1]
        ring[place, k, 0] += (1 - first) * a
        ring[place, k, 1] += first * a
        ring[place, 2 * out + k, columns - 2] += (1 - last) * b
        ring[place, 2 * out + k, columns - 1] += last * b


@part
def _reduce_rows(nine, at, ring, turned, r):
    """The adjoint of `_enlarge_rows`: row r of the small grid into nine (9 O, …) from ``at``."""
    _, size, columns = ring.shape
    rows, to = turned.shape[1], np.uintp(at)
    a, b, c = (2 * r - 2) % 8, (2 * r) % 8, (2 * r + 2) % 8
    f0, f1, g0, g1 = turned[0, r], turned[1, r], turned[2, r], turned[3, r]
    g2, g3, f2, f3 = turned[4, r], turned[5, r], turned[6, r], turned[7, r]
    for k in range(size):
        for j in range(np.uintp(columns)):
            here, there = ring[b, k, j], ring[b + 1, k, j]
            before = ring[a + 1, k, j]
            after = ring[c, k, j]
            nine[k, to + j] = (f0 * here + f1 * there) + (g0 * after + g1 * ring[c + 1, k, j])
            nine[size + k, to + j] = (f1 * here + g1 * after) + (g2 * there + f2 * before)
            nine[2 * size + k, to + j] = (g2 * here + g3 * there) + (
                f2 * ring[a, k, j] + f3 * before
            )
    if r < 2:
        share = turned[6, 1] if r == 1 else 1 - turned[6, 1]
        for k in range(size):
            for j in range(np.uintp(columns)):
                nine[k, to + j] += share * ring[0, k, j]
    if r >= rows - 2:
        share = turned[1, rows - 1] if r == rows - 1 else 1 - turned[1, rows - 1]
        line = (2 * rows - 1) % 8
        for k in range(size):
            for j in range(np.uintp(columns)):
                nine[2 * size + k, to + j] += share * ring[line, k, j]


@jit
def enlarge_backward(dx, gw, dl, z, x, turned, row_turned, column_turned, norm, sums):
    """Gradients of `enlarge_forward`: gw (9 O, C), added to, and dx (h, C, w), written.

    ``turned`` is w transposed and packed.
    """
    rows, channels, columns = x.shape
    out = z.shape[1]
    count = min(rows, max(1, _BAND // columns))
    size = -(-count * columns // 16) * 16
    size = size if size % 32 else size + 16
    dz = np.empty((out, 2 * columns), np.float32)
    parts = np.zeros((2, columns + 2), np.float32)
    ring = np.zeros((8, 3 * out, columns), np.float32)
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
                put_norm_back(dz, 0, dl[ready], z[ready], 0, 4 * rows * columns, norm, sums)
                _reduce_columns(ring, ready % 8, dz, column_turned, parts)
                ready += 1
            _reduce_rows(nine, (r - first) * columns, ring, row_turned, r)
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
