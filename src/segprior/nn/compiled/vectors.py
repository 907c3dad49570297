"""Vectors of eight floats in compiled functions: loaded from an address, computed with, stored.

For loops over more arrays than the compiler vectorises well by itself: it first compares each with
each for overlaps, and takes short rows one number at a time.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from segprior.nn.compiled.matmul import LANES, VECTOR
from segprior.runtime.compilation import part

__all__ = [
    "address",
    "evens",
    "first_pairs",
    "larger",
    "last_pairs",
    "load",
    "odds",
    "spread",
    "store",
]

_instruction: Any = intrinsic  # whose type takes the compiler's argument for one of the caller's
_CONTRACT = ("contract",)  # a product and a sum may be one instruction


class _Vector(types.Type):  # type: ignore[misc, unused-ignore]
    def __init__(self) -> None:
        super().__init__(name="float32x8")


_vector = _Vector()


@register_model(_Vector)
class _Model(models.PrimitiveModel):  # type: ignore[misc, unused-ignore]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)


def _operate(symbol: Any, instruction: str) -> None:
    """Let vectors be operands of a sign."""

    @infer_global(symbol)
    class _Template(ConcreteTemplate):  # type: ignore[misc, unused-ignore]
        cases = [signature(_vector, _vector, _vector)]  # noqa: RUF012

    @lower_builtin(symbol, _vector, _vector)
    def _lower(context: Any, builder: Any, kinds: Any, arguments: Any) -> Any:
        return getattr(builder, instruction)(*arguments, flags=_CONTRACT)


_operate(operator.add, "fadd")
_operate(operator.sub, "fsub")
_operate(operator.mul, "fmul")


def _at(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, VECTOR.as_pointer())


@part
def address(x):
    """Where an array starts, as a number that others may be added to."""
    return np.int64(x.ctypes.data)


@_instruction
def load(typing, address):
    """The eight floats at an address."""

    def generate(context, builder, signature, arguments):
        return builder.load(_at(builder, arguments[0]), align=4)

    return _vector(types.int64), generate


@_instruction
def store(typing, address, vector):
    """Write eight floats to an address."""

    def generate(context, builder, signature, arguments):
        builder.store(arguments[1], _at(builder, arguments[0]), align=4)
        return context.get_dummy_value()

    return types.void(types.int64, _vector), generate


def _chosen(builder: Any, a: Any, b: Any, lanes: list[int]) -> Any:
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), lanes)
    return builder.shuffle_vector(a, b, mask)


@_instruction
def spread(typing, value):
    """Eight times the same number."""

    def generate(context, builder, signature, arguments):
        undefined = ir.Constant(VECTOR, ir.Undefined)
        first = builder.insert_element(undefined, arguments[0], ir.Constant(ir.IntType(32), 0))
        return _chosen(builder, first, undefined, [0] * LANES)

    return _vector(types.float32), generate


@_instruction
def larger(typing, a, b):
    """The larger of each two numbers."""

    def generate(context, builder, signature, arguments):
        return builder.select(builder.fcmp_ordered(">", *arguments), *arguments)

    return _vector(_vector, _vector), generate


def _shuffle(lanes: list[int], about: str) -> Any:
    @_instruction
    def shuffle(typing, a, b):
        def generate(context, builder, signature, arguments):
            return _chosen(builder, *arguments, lanes)

        return _vector(_vector, _vector), generate

    shuffle.__doc__ = about
    return shuffle


evens = _shuffle(list(range(0, 16, 2)), "Every other of sixteen numbers, from the first.")
odds = _shuffle(list(range(1, 16, 2)), "Every other of sixteen numbers, from the second.")
first_pairs = _shuffle(
    [lane // 2 + LANES * (lane % 2) for lane in range(8)], "Numbers of two in turn: the first four."
)
last_pairs = _shuffle(
    [lane // 2 + LANES * (lane % 2) for lane in range(8, 16)], "Numbers of two in turn: the others."
)
