"""Compiled enlarging, twofold and bilinear, with the 3×3 convolution that follows it.

Images are arrays of shape (rows, channels, columns), see :mod:`segprior.nn.compiled.row_ops`. In
both directions the channels are mixed on the small grid, once for each of the nine taps, where the
large one would take four times as much: see :mod:`segprior.nn.shared.bilinear`.

Line ``2 c`` and line ``2 c + 1`` of the large image, seen through the three taps, are lines
``2 c - 1`` to ``2 c + 2``, which lie between lines ``c - 1`` and ``c`` (the first two) and between
``c`` and ``c + 1`` of the small image. ``far`` (4, size) says how far along they are. Reflection is
in the line before the first and the one behind the last, which are made of the two next to them:
the first tap alone looks at the one, the third at the other.
"""

from __future__ import annotations

import numpy as np

from segprior.nn.compiled.matmul import add_dots, mix
from segprior.nn.compiled.row_ops import (
    add_moments,
    norm_back,
    put,
    put_activated,
    slope_back,
    take,
)
from segprior.nn.compiled.vectors import (
    address,
    evens,
    first_pairs,
    last_pairs,
    load,
    odds,
    spread,
    store,
)
from segprior.runtime.compilation import jit, part

__all__ = [
    "enlarge_backward",
    "enlarge_forward",
    "enlarged_moments",
    "variance_backward",
]

_BAND = 168  # columns mixed at once, the lines between two rows with them; back, twice as many
_SLOTS = 4  # bands of rows that are kept: the last three, and one for the lines outside


@part
def _band(pitch, rows, most):
    """How many rows go into a band, how many columns it has, and its stride in memory."""
    count = min(rows, max(1, most // pitch))
    n = -(-count * pitch // 8) * 8
    # Vectors may end behind the last column; odd multiples of 64 bytes spread over the cache.
    stride = -(-(n + 8) // 16) * 16
    return count, n, stride if stride % 32 else stride + 16


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
def _enlarge_rows(t, ring, k, count, pitch, far, r, rows):
    """Channel k of rows 2r and 2r + 1 before their columns are enlarged: t (2, 3, …)."""
    slot, plane = ring.strides[0], ring.strides[1]
    out, here = ring.shape[1] // 9, address(ring) + 4 * (r % count) * pitch
    here += (r // count) % 3 * slot
    up = down = address(ring) + 3 * slot
    if r > 0:
        up += ((r - 1) // count % 3 - 3) * slot + 4 * ((r - 1) % count) * pitch
    if r < rows - 1:
        down += ((r + 1) // count % 3 - 3) * slot + 4 * ((r + 1) % count) * pitch
    f0, f1, f2, f3 = spread(far[0, r]), spread(far[1, r]), spread(far[2, r]), spread(far[3, r])
    for tap in range(3):
        one, to = (tap * out + k) * plane, address(t) + tap * t.strides[1]
        two, three = one + 3 * out * plane, one + 6 * out * plane
        for j in range(0, 4 * pitch, 32):
            a, b = load(up + one + j), load(here + one + j)
            c, d, e = load(up + two + j), load(here + two + j), load(down + two + j)
            f, g = load(here + three + j), load(down + three + j)
            both = a + f
            store(to + j, both + f0 * (b - a) + (c + f1 * (d - c)) + f2 * (g - f))
            both = both + f1 * (b - a)
            store(to + t.strides[0] + j, both + (d + f2 * (e - d)) + f3 * (g - f))


@part
def _enlarge_columns(z, r, k, t, p, far, spare):
    """Finish channel k of row r of z (2h, O, 2w) from t[p] (3, …)."""
    columns = z.shape[2] // 2
    first, last = far[2, 0], far[1, columns - 1]
    t[p, 0, 0] = t[p, 0, 1] + first * (t[p, 0, 2] - t[p, 0, 1])
    t[p, 2, columns + 1] = t[p, 2, columns - 1] + last * (t[p, 2, columns] - t[p, 2, columns - 1])
    to = address(z) + r * z.strides[0] + k * z.strides[1]
    down = far.strides[0]
    for j in range(0, columns, 8):
        one, by = address(t) + p * t.strides[0] + 4 * j, address(far) + 4 * j
        two, three = one + t.strides[1], one + 2 * t.strides[1]
        a, b = load(one), load(one + 4)
        c, d, e = load(two), load(two + 4), load(two + 8)
        f, g = load(three + 4), load(three + 8)
        f1, f2 = load(by + down), load(by + 2 * down)
        both = a + f
        even = both + load(by) * (b - a) + (c + f1 * (d - c)) + f2 * (g - f)
        odd = both + f1 * (b - a) + (d + f2 * (e - d)) + load(by + 3 * down) * (g - f)
        place = to + 8 * j if j + 8 <= columns else address(spare)
        store(place, first_pairs(even, odd))
        store(place + 32, last_pairs(even, odd))
    rest = 2 * (columns % 8)
    for j in range(rest):
        z[r, k, 2 * columns - rest + j] = spare[j]


@jit
def enlarge_forward(z, x, w, row_far, column_far, moments):
    """Enlarge x (h, C, w) twofold, reflect its borders, convolve to z (2h, O, 2w).

    ``w``, (9 O, C) packed, mixes the channels for the nine taps on the small grid: see
    :mod:`segprior.nn.shared.bilinear`.
    """
    rows, channels, columns = x.shape
    out, pitch = z.shape[1], columns + 2
    count, n, stride = _band(pitch, rows, _BAND)
    ring = np.zeros((_SLOTS, 9 * out, stride), np.float32)
    band = np.zeros((channels, stride), np.float32)
    t, spare = np.empty((2, 3, pitch + 16), np.float32), np.empty(16, np.float32)
    ready = 0
    for r in range(rows):
        while ready < min(r + 2, rows):
            last = min(ready + count, rows)
            for k in range(ready, last):
                put(band, (k - ready) * pitch + 1, x, k)
            slot = (ready // count) % 3
            mix(ring[slot].ctypes.data, stride, w, band.ctypes.data, stride, n)
            ready = last
        if r == 0:
            _between(ring, 0, count, pitch, 0, row_far[2, 0])
        if r == rows - 1:
            _between(ring, 2, count, pitch, rows - 2, row_far[1, rows - 1])
        for k in range(out):
            _enlarge_rows(t, ring, k, count, pitch, row_far, r, rows)
            for p in range(2):
                _enlarge_columns(z, 2 * r + p, k, t, p, column_far, spare)
        for p in range(2):
            add_moments(moments, z[2 * r + p], 0, 2 * columns, 2 * r + p)


@part
def _reduce_columns(ring, k, parts, dl, z, line, norm, sums, turned, spare):
    """The adjoint of `_enlarge_columns`: from the gradient dl of channel k of a line of z, after
    its normalisation, into the ring (8, 3 O, …)."""
    columns, out = z.shape[2] // 2, ring.shape[1] // 3
    s, one, mean, other = norm_back(norm, sums, k, z.shape[0] * z.shape[2])
    scale, by_all, middle, by_each = spread(s), spread(one), spread(mean), spread(other)
    rest = 2 * (columns % 8)
    for j in range(rest):
        spare[0, j] = dl[line, k, 2 * columns - rest + j]
        spare[1, j] = z[line, k, 2 * columns - rest + j]
    even, by = address(parts), address(turned)
    odd, down = even + parts.strides[0], turned.strides[0]
    for j in range(0, columns, 8):
        d = address(dl) + line * dl.strides[0] + k * dl.strides[1] + 8 * j
        at = address(z) + line * z.strides[0] + k * z.strides[1] + 8 * j
        if j + 8 > columns:
            d, at = address(spare), address(spare) + spare.strides[0]
        v = scale * (load(d) - by_all - (load(at) - middle) * by_each)
        w = scale * (load(d + 32) - by_all - (load(at + 32) - middle) * by_each)
        store(even + 4 * j + 4, evens(v, w))
        store(odd + 4 * j + 4, odds(v, w))
    to = address(ring) + line % 8 * ring.strides[0] + k * ring.strides[1]
    size = out * ring.strides[1]
    for j in range(0, 4 * columns, 32):
        a, b, c = load(even + j), load(even + j + 4), load(even + j + 8)
        d, e, f = load(odd + j), load(odd + j + 4), load(odd + j + 8)
        w1, w3 = load(by + j + down), load(by + j + 3 * down)
        w4, w6 = load(by + j + 4 * down), load(by + j + 6 * down)
        store(to + j, load(by + j) * b + w1 * e + load(by + j + 2 * down) * c + w3 * f)
        store(to + size + j, w1 * b + w3 * c + w4 * e + w6 * d)
        last = load(by + j + 5 * down) * e + load(by + j + 7 * down) * d
        store(to + 2 * size + j, w4 * b + w6 * a + last)
    place, start, end = line % 8, parts[0, 1], parts[1, columns]
    ring[place, k, 0] += (1 - turned[6, 1]) * start
    ring[place, k, 1] += turned[6, 1] * start
    ring[place, 2 * out + k, columns - 2] += (1 - turned[1, columns - 1]) * end
    ring[place, 2 * out + k, columns - 1] += turned[1, columns - 1] * end


@part
def _reduce_rows(nine, at, ring, channel, turned, r, rows, columns):
    """The adjoint of `_enlarge_rows`: row r of the small grid into nine (9 O, …) from ``at``."""
    size, to = ring.shape[1], np.uintp(at)
    f0, f1, g0, g1 = turned[0, r], turned[1, r], turned[2, r], turned[3, r]
    g2, g3, f2, f3 = turned[4, r], turned[5, r], turned[6, r], turned[7, r]
    v0, v1, v2, v3 = spread(f0), spread(f1), spread(f2), spread(f3)
    w0, w1, w2, w3 = spread(g0), spread(g1), spread(g2), spread(g3)
    line = ring.strides[0]
    for k in range(channel, size, size // 3):
        start = address(ring) + k * ring.strides[1]
        above, here = start + (2 * r - 2) % 8 * line, start + 2 * r % 8 * line
        below = start + (2 * r + 2) % 8 * line
        one = address(nine) + k * nine.strides[0] + 4 * at
        two, three = one + size * nine.strides[0], one + 2 * size * nine.strides[0]
        for j in range(0, 4 * columns, 32):
            a, b = load(above + j), load(above + line + j)
            c, d = load(here + j), load(here + line + j)
            e, f = load(below + j), load(below + line + j)
            store(one + j, v0 * c + v1 * d + w0 * e + w1 * f)
            store(two + j, v1 * c + w1 * e + w2 * d + v2 * b)
            store(three + j, w2 * c + w3 * d + v2 * a + v3 * b)
        if r < 2:
            share = turned[6, 1] if r == 1 else 1 - turned[6, 1]
            for j in range(np.uintp(columns)):
                nine[k, to + j] += share * ring[0, k, j]
        if r >= rows - 2:
            share = turned[1, rows - 1] if r == rows - 1 else 1 - turned[1, rows - 1]
            end = (2 * rows - 1) % 8
            for j in range(np.uintp(columns)):
                nine[2 * size + k, to + j] += share * ring[end, k, j]


@jit
def enlarge_backward(dx, gw, dl, z, x, turned, row_turned, column_turned, norm, sums):
    """Gradients of `enlarge_forward`: gw (9 O, C), added to, and dx (h, C, w), written.

    ``turned`` is w transposed and packed.
    """
    rows, channels, columns = x.shape
    out = z.shape[1]
    count, n, stride = _band(columns, rows, 2 * _BAND)
    parts, spare = np.zeros((2, columns + 16), np.float32), np.zeros((2, 16), np.float32)
    ring = np.zeros((8, 3 * out, columns + 8), np.float32)
    nine = np.zeros((9 * out, stride), np.float32)
    band = np.zeros((channels, stride), np.float32)
    y = np.empty((channels, stride), np.float32)
    ready = 0
    for first in range(0, rows, count):
        last = min(first + count, rows)
        if last - first < count:
            band[:] = 0
        for r in range(first, last):
            until = min(2 * r + 4, 2 * rows)
            for k in range(out):
                for line in range(ready, until):
                    _reduce_columns(ring, k, parts, dl, z, line, norm, sums, column_turned, spare)
                at = (r - first) * columns
                _reduce_rows(nine, at, ring, k, row_turned, r, rows, columns)
            ready = until
            put(band, (r - first) * columns, x, r)
        add_dots(gw, nine.ctypes.data, stride, band.ctypes.data, stride, n)
        mix(y.ctypes.data, stride, turned, nine.ctypes.data, stride, n)
        for r in range(first, last):
            take(dx, r, y, (r - first) * columns)


@jit
def enlarged_moments(s, x, z, norm, row_squares, row_sums, column_squares, column_sums, total):
    """Activate z to x (h, C, w); sums and sums of squares of x enlarged into total (2, C).

    s is kept for later. ``row_squares`` (2, h) and
    ``column_squares`` (2, w) are the diagonal and the side diagonal, which ends in 0.
    """
    rows, channels, columns = x.shape
    t = np.zeros(columns + 2, np.float32)
    before = np.zeros(columns, np.float32)
    before[1:] = column_squares[1, : columns - 1]
    put_activated(x[0], 0, z, 0, norm)
    for r in range(rows):
        if r + 1 < rows:
            put_activated(x[r + 1], 0, z, r + 1, norm)
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
def variance_backward(dx, s, factor, mean, row_sums, column_sums, z, norm, sums):
    """Add factor * (s - mean * row_sums * column_sums) to dx (h, C, w), channel by channel; then
    take it back through the activation of z, in place, and add up sums (2, C)."""
    rows, channels, columns = dx.shape
    for r in range(rows):
        for c in range(channels):
            f = factor[c]
            m = f * mean[c] * row_sums[r]
            for j in range(columns):
                dx[r, c, j] += f * s[r, c, j] - m * column_sums[j]
        slope_back(dx[r], z[r], 0, columns, norm, sums)
