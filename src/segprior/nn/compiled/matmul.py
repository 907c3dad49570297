"""Two loops in vector instructions: products of a few rows of pixels with small matrices.

Numba's compiler vectorises plain loops well, but not across rows: it reads and writes the sums at
each step. Here tiles of sums stay in registers, which is worth a factor of two. The instructions
are those of LLVM for eight floats, so they run wherever Numba does; AVX2 has registers of that
size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from segprior.runtime.compilation import jit

__all__ = [
    "FLOAT",
    "LANES",
    "VECTOR",
    "add_dots",
    "add_dots_at",
    "as_float",
    "mix",
    "mix_at",
]

LANES = 8
FLOAT = ir.FloatType()
VECTOR = ir.VectorType(FLOAT, LANES)
_INT = ir.IntType(64)
_ROWS = 4  # of a tile, as many as the weights are packed by


def _at(builder: Any, address: Any, kind: Any) -> Any:
    return builder.inttoptr(address, kind.as_pointer())


def _load(builder: Any, address: Any) -> Any:
    return builder.load(_at(builder, address, VECTOR), align=4)


def _spread(builder: Any, value: Any) -> Any:
    undefined = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, undefined, mask)


def _fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    name = f"llvm.fma.v{LANES}f32"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [a, b, c])


def _bytes(builder: Any, base: Any, *steps: tuple[Any, Any]) -> Any:
    for count, size in steps:
        base = builder.add(base, builder.mul(count, size))
    return base


def _whole(value: int) -> Any:
    return ir.Constant(_INT, value)


def _zeros(builder: Any, count: int) -> list[Any]:
    zero = ir.Constant(VECTOR, [0.0] * LANES)
    return [cgutils.alloca_once_value(builder, zero) for _ in range(count)]


def _mixer(vectors: int, placed: bool) -> Any:
    """A tile of 4 rows of ``8 * vectors`` columns: y = w x, overwritten.

    Where ``placed``, ``x_stride`` is the address of how many bytes behind x each of its rows is.
    """

    @intrinsic
    def tile(typing, y, y_stride, w, x, x_stride, depth):
        def generate(context, builder, signature, arguments):
            y, y_stride, w, x, x_stride, depth = arguments
            sums = _zeros(builder, _ROWS * vectors)
            for total in sums:
                builder.store(ir.Constant(VECTOR, [0.0] * LANES), total)
            with cgutils.for_range(builder, depth) as loop:
                if placed:
                    place = _bytes(builder, x_stride, (loop.index, _whole(8)))
                    source = builder.add(x, builder.load(_at(builder, place, _INT)))
                else:
                    source = _bytes(builder, x, (loop.index, x_stride))
                pixels = [
                    _load(builder, builder.add(source, _whole(4 * LANES * v)))
                    for v in range(vectors)
                ]
                weights = _bytes(builder, w, (loop.index, _whole(4 * _ROWS)))
                for r in range(_ROWS):
                    place = _at(builder, builder.add(weights, _whole(4 * r)), FLOAT)
                    weight = _spread(builder, builder.load(place))
                    for v in range(vectors):
                        total = sums[r * vectors + v]
                        value = _fma(builder, weight, pixels[v], builder.load(total))
                        builder.store(value, total)
            for r in range(_ROWS):
                row = _bytes(builder, y, (_whole(r), y_stride))
                for v in range(vectors):
                    to = _at(builder, builder.add(row, _whole(4 * LANES * v)), VECTOR)
                    builder.store(builder.load(sums[r * vectors + v]), to, align=4)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 6), generate

    return tile


_mix_1, _mix_2, _mix_3 = (_mixer(vectors, False) for vectors in (1, 2, 3))
_placed_1, _placed_2, _placed_3 = (_mixer(vectors, True) for vectors in (1, 2, 3))


def _dotter(wide: int) -> Any:
    """A tile of 4 × ``wide`` sums of products over ``8 * count`` columns, added to g.

    ``places`` is the address of how many bytes behind b each of its rows is; g has strides.
    """

    @intrinsic
    def tile(typing, g, g_down, g_across, a, a_stride, b, places, count):
        def generate(context, builder, signature, arguments):
            g, g_down, g_across, a, a_stride, b, places, count = arguments
            sums = _zeros(builder, _ROWS * wide)
            for total in sums:
                builder.store(ir.Constant(VECTOR, [0.0] * LANES), total)
            starts = [
                builder.add(b, builder.load(_at(builder, builder.add(places, _whole(8 * q)), _INT)))
                for q in range(wide)
            ]
            rows = [_bytes(builder, a, (_whole(p), a_stride)) for p in range(_ROWS)]
            with cgutils.for_range(builder, count) as loop:
                step = builder.mul(loop.index, _whole(4 * LANES))
                others = [_load(builder, builder.add(step, start)) for start in starts]
                for p in range(_ROWS):
                    one = _load(builder, builder.add(step, rows[p]))
                    for q in range(wide):
                        total = sums[wide * p + q]
                        builder.store(_fma(builder, one, others[q], builder.load(total)), total)
            kind = ir.FunctionType(FLOAT, [FLOAT, VECTOR])
            name = f"llvm.vector.reduce.fadd.v{LANES}f32"
            reduce = cgutils.get_or_insert_function(builder.module, kind, name)
            for p in range(_ROWS):
                for q in range(wide):
                    to = _at(
                        builder,
                        _bytes(builder, g, (_whole(p), g_down), (_whole(q), g_across)),
                        FLOAT,
                    )
                    total = builder.load(sums[wide * p + q])
                    value = builder.call(
                        reduce, [ir.Constant(FLOAT, 0.0), total], fastmath=("reassoc",)
                    )
                    builder.store(builder.fadd(builder.load(to), value), to)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 8), generate

    return tile


_dot_2, _dot_3 = _dotter(2), _dotter(3)


@intrinsic
def as_float(typing, bits):
    """The float32 whose bits are those of an int32."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], FLOAT)

    return types.float32(types.int32), generate


@jit
def mix(y, y_stride, w, x, x_stride, n):
    """y = W x over n columns, a multiple of 8; y and x are addresses, strides in floats.

    ``w`` (O / 4, I, 4) is W packed by four of its rows.
    """
    blocks, depth = w.shape[0], w.shape[1]
    weights = w.ctypes.data
    y_bytes, x_bytes = 4 * y_stride, 4 * x_stride
    for j in range(0, n, 24):
        for o in range(blocks):
            to, by, source = y + 4 * (o * y_bytes + j), weights + 16 * o * depth, x + 4 * j
            if n - j >= 24:
                _mix_3(to, y_bytes, by, source, x_bytes, depth)
            elif n - j == 16:
                _mix_2(to, y_bytes, by, source, x_bytes, depth)
            else:
                _mix_1(to, y_bytes, by, source, x_bytes, depth)


@jit
def mix_at(y, y_stride, w, x, places, n):
    """The same of rows of x that are anywhere: ``places`` (I,) bytes behind its address."""
    blocks, depth = w.shape[0], w.shape[1]
    weights, table = w.ctypes.data, places.ctypes.data
    for j in range(0, n, 24):
        for o in range(blocks):
            to, by, source = y + 4 * (4 * o * y_stride + j), weights + 16 * o * depth, x + 4 * j
            if n - j >= 24:
                _placed_3(to, 4 * y_stride, by, source, table, depth)
            elif n - j == 16:
                _placed_2(to, 4 * y_stride, by, source, table, depth)
            else:
                _placed_1(to, 4 * y_stride, by, source, table, depth)


@jit
def add_dots(g, a, a_stride, b, b_stride, n):
    """g (A, B) += a bᵀ over n columns; a and b are addresses, strides in floats.

    A is a multiple of 4 and B of 2; n is a multiple of 8.
    """
    add_dots_at(g, a, a_stride, b, 4 * b_stride * np.arange(g.shape[1]), n)


@jit
def add_dots_at(g, a, a_stride, b, places, n):
    """The same of rows of b that are anywhere: ``places`` (B,) bytes behind its address."""
    rows, columns = g.shape
    down, across = g.strides
    to, table = g.ctypes.data, places.ctypes.data
    for p in range(0, rows, 4):
        q = 0
        while q < columns:
            start, left = to + p * down + q * across, columns - q
            rows_of_a, rows_of_b, wide = a + 4 * p * a_stride, table + 8 * q, 3
            if left == 2 or left == 4:
                wide = 2
                _dot_2(start, down, across, rows_of_a, 4 * a_stride, b, rows_of_b, n // 8)
            else:
                _dot_3(start, down, across, rows_of_a, 4 * a_stride, b, rows_of_b, n // 8)
            q += wide
