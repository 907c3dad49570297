"""The maps of Winograd's convolution F(4×4, 3×3) into tiles and out of them, compiled.

Each is one small matrix applied to the rows and to the columns of a tile, for eight channels at a
time in vector instructions: all in registers, reading and writing every number once.

References
----------
.. [1] A. Lavin, S. Gray: Fast Algorithms for Convolutional Neural Networks. CVPR 2016,
   arXiv:1509.09308.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from segprior.nn.compiled.matmul import LANES, VECTOR
from segprior.runtime.compilation import jit

__all__ = ["FILTER", "from_products", "to_grads", "to_inputs"]

# The three matrices of F(4, 3) at the points 0, ±1, ±2 and infinity.
_INPUT = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
_OUTPUT = np.array(
    [
        [1, 1, 1, 1, 1, 0],
        [0, 1, -1, 2, -2, 0],
        [0, 1, 1, 4, 4, 0],
        [0, 1, -1, 8, -8, 1],
    ]
)
FILTER = np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24


def _combine(builder: Any, coefficients: Sequence[int], vectors: Sequence[Any]) -> Any:
    """Sum of vectors by small whole coefficients."""
    total = None
    for coefficient, vector in zip(coefficients, vectors, strict=True):
        if coefficient == 0:
            continue
        part = vector
        if abs(coefficient) != 1:
            part = builder.fmul(ir.Constant(VECTOR, [float(abs(coefficient))] * LANES), vector)
        if total is None:
            total = part if coefficient > 0 else builder.fneg(part)
        elif coefficient > 0:
            total = builder.fadd(total, part)
        else:
            total = builder.fsub(total, part)
    return total


def _mapper(matrix: Any) -> Any:
    """An instruction that maps one tile of eight channels, from addresses and steps in bytes."""
    out_size, size = matrix.shape
    rows = [[int(value) for value in row] for row in matrix]

    @intrinsic  # type: ignore[misc, untyped-decorator, unused-ignore]
    def tile(typing, source, down, across, target, out_down, out_across):  # type: ignore[no-untyped-def]
        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            source, down, across, target, out_down, out_across = arguments

            def place(base: Any, row: int, step: Any, column: int, side: Any) -> Any:
                whole = [ir.Constant(ir.IntType(64), number) for number in (row, column)]
                address = builder.add(base, builder.mul(whole[0], step))
                address = builder.add(address, builder.mul(whole[1], side))
                return builder.inttoptr(address, VECTOR.as_pointer())

            half = []  # by column, then by row of the result
            for column in range(size):
                lines = [
                    builder.load(place(source, row, down, column, across), align=4)
                    for row in range(size)
                ]
                half.append([_combine(builder, row, lines) for row in rows])
            for number in range(out_size):
                line = [column[number] for column in half]
                for column, row in enumerate(rows):
                    value = _combine(builder, row, line)
                    to = place(target, number, out_down, column, out_across)
                    builder.store(value, to, align=4)
            return context.get_dummy_value()

        return types.void(*[types.int64] * 6), generate

    return tile


_into, _spread, _out = _mapper(_INPUT), _mapper(_OUTPUT.T), _mapper(_OUTPUT)


@jit
def to_inputs(rows, tiles):  # type: ignore[no-untyped-def]
    """Map (6, width, C), of which each tile takes 6 columns from every fourth on, to (36, T, C)."""
    _, count, channels = tiles.shape
    step, line, side = 4 * channels, 4 * rows.shape[1] * channels, 4 * count * channels
    source, target = rows.ctypes.data, tiles.ctypes.data
    for t in range(count):
        for c in range(0, channels, 8):
            at = 4 * min(c, channels - 8)
            _into(source + 4 * t * step + at, line, step, target + t * step + at, 6 * side, side)


@jit
def to_grads(rows, tiles):  # type: ignore[no-untyped-def]
    """Map (4, width, C), of which each tile takes 4 columns from column 1 on, to (36, T, C)."""
    _, count, channels = tiles.shape
    step, line, side = 4 * channels, 4 * rows.shape[1] * channels, 4 * count * channels
    source, target = rows.ctypes.data + step, tiles.ctypes.data
    for t in range(count):
        for c in range(0, channels, 8):
            at = 4 * min(c, channels - 8)
            _spread(source + 4 * t * step + at, line, step, target + t * step + at, 6 * side, side)


@jit
def from_products(tiles, rows):  # type: ignore[no-untyped-def]
    """Map (36, T, C) to (4, 4 T, C)."""
    _, count, channels = tiles.shape
    step, line, side = 4 * channels, 16 * count * channels, 4 * count * channels
    source, target = tiles.ctypes.data, rows.ctypes.data
    for t in range(count):
        for c in range(0, channels, 8):
            at = 4 * min(c, channels - 8)
            _out(source + t * step + at, 6 * side, side, target + 4 * t * step + at, line, step)
