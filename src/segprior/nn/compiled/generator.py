"""The generator of one member, forward and backward, by the compiled loops.

The same function of the same weights as :class:`segprior.nn.torch.generator.Generator`, with the
same gradients up to rounding: see ``native/src/generator.hpp``, and ``docs/loops.md`` for how
its images lie in memory.
"""

from __future__ import annotations

import ctypes
import weakref
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.nn.shared.initial import BLOCKS, WIDTHS
from segprior.runtime.loops import floats, function

__all__ = ["OPERATIONS", "CompiledGenerator", "absolute_error"]

Array = NDArray[np.float32]

# As generator.hpp counts them.
OPERATIONS = (
    "conv3x3s2_forward",
    "conv3x3_forward",
    "upconv_forward",
    "conv1x1_forward",
    "head_forward",
    "head_backward",
    "conv1x1_backward",
    "upconv_backward",
    "conv3x3_backward",
    "conv3x3s2_backward",
)


class _Shape(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_int32) for name in ("rows", "columns", "channels", "noise_channels")
    ]


@cache
def _functions() -> dict[str, Any]:
    handle, array, shape = ctypes.c_void_p, floats(), ctypes.POINTER(_Shape)
    return {
        "new": function("generator_new", shape, result=handle),
        "free": function("generator_free", handle, result=None),
        "forward": function("generator_forward", handle, array, array, array),
        "backward": function("generator_backward", handle, array, array, array, array),
        "features": function("generator_features", handle, ctypes.c_int, array),
        "seconds": function("generator_seconds", handle, ctypes.c_void_p, result=None),
        "error": function(
            "absolute_error", array, array, array, ctypes.c_int64, ctypes.c_int64,
            result=ctypes.c_double,
        ),
    }  # fmt: skip


class CompiledGenerator:
    """Generated image and gradients of one member.

    Parameters
    ----------
    rows, columns : int
        Of the image; multiples of 8 and at least 16.
    channels, noise_channels : int
        Of the image, and of what goes in.
    """

    def __init__(self, rows: int, columns: int, channels: int, noise_channels: int) -> None:
        self.shape = rows, columns
        self.noise_shape = rows, noise_channels, columns
        self.generated = np.empty((rows, channels, columns), np.float32)
        shape = _Shape(rows, columns, channels, noise_channels)
        self._handle = _functions()["new"](ctypes.byref(shape))
        weakref.finalize(self, _functions()["free"], self._handle)

    def forward(self, weights: Array, noise: Array) -> Array:
        """Generate an image.

        Parameters
        ----------
        weights : ndarray of float32, shape (n,)
            As :func:`segprior.nn.shared.initial.initial_weights` orders them.
        noise : ndarray of float32, shape (rows, N, columns)
            What goes in, contiguous.

        Returns
        -------
        ndarray of float32, shape (rows, C, columns)
            Overwritten by the next call.
        """
        assert noise.shape == self.noise_shape
        self._noise = noise  # is looked at again on the way back
        _functions()["forward"](self._handle, weights, noise, self.generated)
        return self.generated

    def backward(self, weights: Array, gradient: Array) -> Array:
        """Go back from the gradient of the image that was generated last.

        What it needs is overwritten: call it once after each forward pass.

        Parameters
        ----------
        weights : ndarray of float32, shape (n,)
            Those of the forward pass.
        gradient : ndarray of float32, shape (rows, C, columns)
            Contiguous.

        Returns
        -------
        ndarray of float32, shape (n,)
            In the order of the weights.
        """
        assert gradient.shape == self.generated.shape
        found = np.empty_like(weights)
        _functions()["backward"](self._handle, weights, self.generated, gradient, found)
        return found

    def features(self, name: str) -> Array:
        """Output of a block in the last forward pass, (rows', columns', width); a copy."""
        at = BLOCKS.index(name)
        scale = min(at, len(BLOCKS) - 1 - at)
        shrink = 2 ** (scale + 1) if at < len(WIDTHS) else 2**scale
        found = np.empty((*(side // shrink for side in self.shape), WIDTHS[scale]), np.float32)
        _functions()["features"](self._handle, at, found)
        return found

    def seconds(self) -> dict[str, float]:
        """Seconds spent in each operation so far."""
        found = np.empty(len(OPERATIONS))
        _functions()["seconds"](self._handle, found.ctypes.data)
        return dict(zip(OPERATIONS, found.tolist(), strict=True))


def absolute_error(gradient: Array, generated: Array, target: Array) -> float:
    """Mean absolute error of an image, (rows, C, columns); its gradient is written."""
    lines = target.shape[0] * target.shape[1]
    error: float = _functions()["error"](gradient, generated, target, lines, target.shape[2])
    return error
