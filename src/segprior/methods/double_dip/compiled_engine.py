"""The three generators by the compiled loops, on a CPU."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.config.prior import PriorConfig
from segprior.methods.double_dip.engine import (
    BACKGROUND,
    FOREGROUND,
    LEAST_APART,
    MASK,
    PARTS,
    Aims,
)
from segprior.nn.compiled.adam import ArrayAdam
from segprior.nn.compiled.generator import CompiledGenerator, absolute_error
from segprior.nn.shared.initial import Source, flat, initial_noise, initial_weights
from segprior.runtime.loops import address, function
from segprior.runtime.seeding import member_seed

__all__ = ["CompiledLayers"]

Array = NDArray[np.float32]

_SIZES = ("rows", "channels", "columns")


def _structure(pointers: str, last: tuple[tuple[str, Any], ...] = ()) -> type[ctypes.Structure]:
    fields: list[tuple[str, Any]] = [(name, ctypes.c_void_p) for name in pointers.split()]
    fields += [(name, ctypes.c_int32) for name in _SIZES]
    return type("Arrays", (ctypes.Structure,), {"_fields_": [*fields, *last]})


# As loops.h has them.
_Noise = _structure("out noise words", (("deviation", ctypes.c_float),))
_Hinted = _structure("gradient layer target inside")
_Composed = _structure(
    "by_foreground by_background by_mask foreground background target mask errors",
    (("weight", ctypes.c_float),),
)


@cache
def _functions() -> tuple[Any, Any, Any]:
    noise, hinted, composed = (ctypes.POINTER(kind) for kind in (_Noise, _Hinted, _Composed))
    return (
        function("add_noise", noise),
        function("hinted_error", hinted, result=ctypes.c_double),
        function("compare_composed", composed, result=None),
    )


class _Part:
    """One generator, with its optimiser and the gradient of what it generated."""

    def __init__(self, seed: int, shape: tuple[int, int, int], noise: Array | None) -> None:
        rows, channels, columns = shape
        usual = PriorConfig()
        source = Source(seed)
        self.weights = flat(initial_weights(source, channels, usual.noise_channels))
        if noise is None:
            drawn = initial_noise(source, (usual.noise_channels, rows, columns), usual.noise_scale)
            noise = np.ascontiguousarray(drawn.transpose(1, 0, 2))
        self.noise, self.noisy = noise, np.empty_like(noise)  # (rows, N, columns)
        self.generator = CompiledGenerator(rows, columns, channels, usual.noise_channels)
        self.output = self.generator.generated  # (rows, C, columns)
        self.gradient = np.zeros_like(self.output)
        self.asked = False

    def generate(self, source: Source, deviation: float) -> None:
        noise = self.noise
        if deviation:
            words = source.normal_words(noise.size)
            arrays = (address(self.noisy, np.float32), address(noise, np.float32))
            _functions()[0](_Noise(*arrays, address(words, "<u4"), *noise.shape, deviation))
            noise = self.noisy
        self.generator.forward(self.weights, noise)


class CompiledLayers:
    """See :class:`segprior.methods.double_dip.engine.Engine`.

    Parameters
    ----------
    target : ndarray of float32, shape (rows, columns, C)
    hint : ndarray, shape (rows, columns)
        1 foreground, -1 background, 0 unknown.
    seed : int
    """

    def __init__(self, target: Array, hint: NDArray[Any], seed: int) -> None:
        self.target = np.ascontiguousarray(target.transpose(0, 2, 1))  # (rows, C, columns)
        self.inside = [(hint * sign > 0).astype(np.float32) for sign in (1, -1)]
        rows, channels, columns = self.target.shape
        guess: Array = (self.inside[FOREGROUND] - self.inside[BACKGROUND] + 1) / np.float32(2)
        self.guess = guess[:, None]
        self.half = np.full_like(self.guess, 0.5)
        self.parts: list[_Part] = []
        for k in PARTS:
            # The two layers share their input.
            noise = self.parts[FOREGROUND].noise if k == BACKGROUND else None
            shape = (rows, 1 if k == MASK else channels, columns)
            self.parts.append(_Part(member_seed(seed, k), shape, noise))
        self.sources = [Source(member_seed(seed, 3 + k)) for k in PARTS]

    def begin(self, learning_rate: float) -> None:
        """See `Engine`."""
        self.adams = [ArrayAdam(part.weights, learning_rate) for part in self.parts]

    def generate(self, part: int, deviation: float, aims: Aims) -> float:
        """See `Engine`."""
        one = self.parts[part]
        one.generate(self.sources[part], deviation)
        one.asked = aims.of(part)
        if not one.asked:
            one.gradient[:] = 0
            return 0.0
        if part != MASK:
            arrays = (one.gradient, one.output, self.target, self.inside[part])
            pointers = [address(array, np.float32) for array in arrays]
            return float(_functions()[1](_Hinted(*pointers, *self.target.shape)))
        if aims.guess:
            return absolute_error(one.gradient, one.output, self.guess)
        apart = max(absolute_error(one.gradient, one.output, self.half), LEAST_APART)
        one.gradient *= np.float32(-aims.push / apart**2 if apart > LEAST_APART else 0)
        return aims.push / apart

    def compare(self, weight: float) -> tuple[float, float]:
        """See `Engine`."""
        fore, back, mask = self.parts
        if weight:
            for part in self.parts:
                part.asked = True
        arrays = [part.gradient for part in self.parts]
        arrays += [fore.output, back.output, self.target, mask.output]
        errors = np.empty(2)
        pointers = [address(array, np.float32) for array in arrays]
        _functions()[2](
            _Composed(*pointers, address(errors, np.float64), *self.target.shape, weight)
        )
        return float(errors[0]), float(errors[1])

    def learn(self, part: int) -> None:
        """See `Engine`."""
        one = self.parts[part]
        if one.asked:
            self.adams[part].step(one.generator.backward(one.weights, one.gradient))

    def images(self) -> tuple[Array, Array, Array]:
        """See `Engine`."""
        fore, back, mask = (part.output.transpose(0, 2, 1).copy() for part in self.parts)
        return fore, back, mask[..., 0]
