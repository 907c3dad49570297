"""The clustering network by the compiled loops, on a CPU: ``native/src/clustering.hpp``."""

from __future__ import annotations

import ctypes
import weakref
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segprior.nn.clustering.maps import FoldedHead, Scale
from segprior.nn.clustering.weights import Weights
from segprior.runtime import loops
from segprior.runtime.devices import thread_count

__all__ = ["CompiledFixed", "CompiledNetwork"]

Array = NDArray[np.float32]

# As loops.h counts them.
_FIRST, _CONV, _RESPOND, _BACK, _CONV_BACK, _BACK_TO_FEATURES, _FIRST_BACK = range(7)


class _Shape(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_int32) for name in ("rows", "columns", "bands", "channels", "blocks")
    ]


class _Stage(ctypes.Structure):
    _fields_ = [
        ("threads", ctypes.c_int32),
        ("block", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in ("weight", "bias", "factor", "term", "mixed")),
        *((name, ctypes.c_void_p) for name in ("labels", "sums", "products", "filters")),
    ]


class _LossTerms(ctypes.Structure):
    _fields_ = [
        ("target", ctypes.c_void_p),
        ("shares", ctypes.c_void_p),
        ("continuity", ctypes.c_double),
        ("loss", ctypes.c_double),
    ]


_KINDS = {"labels": np.int64, "sums": np.float64, "products": np.float64}


@cache
def _functions() -> dict[str, Any]:
    handle, stage = ctypes.c_void_p, ctypes.POINTER(_Stage)
    terms = ctypes.POINTER(_LossTerms)
    return {
        "new": loops.function(
            "clustering_new", ctypes.POINTER(_Shape), loops.floats(), result=handle
        ),
        "free": loops.function("clustering_free", handle, result=None),
        "run": loops.function("clustering_run", handle, ctypes.c_int, stage),
        "loss": loops.function("clustering_loss", handle, stage, terms),
        "response": loops.function("clustering_response", handle, loops.floats(), result=None),
    }


def _single(*arrays: NDArray[Any]) -> list[Array]:
    return [np.ascontiguousarray(array, np.float32) for array in arrays]


class CompiledNetwork:
    """See :class:`segprior.nn.clustering.engine.Engine`.

    The work of a stage is cut into sixteen parts, whatever the number of threads, and their sums
    are added up in order: the bytes are the same on any number.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, bands)
    channels, blocks : int
    threads : int, optional
        How many to use at most; those of :func:`segprior.runtime.devices.thread_count` by default.
    """

    def __init__(
        self, image: Array, channels: int, blocks: int, threads: int | None = None
    ) -> None:
        self._threads = threads or thread_count()
        self._size = image.shape[:2]
        self._channels, self._blocks = channels, blocks
        self.scales: list[Scale] = []
        self.folded: FoldedHead | None = None
        functions = _functions()
        shape = _Shape(*image.shape, channels, blocks)
        self._handle = functions["new"](ctypes.byref(shape), np.ascontiguousarray(image))
        weakref.finalize(self, functions["free"], self._handle)

    def _stage(self, block: int = 0, **arrays: NDArray[Any]) -> _Stage:
        stage = _Stage(threads=self._threads, block=block)
        for name, array in arrays.items():
            setattr(stage, name, loops.address(array, _KINDS.get(name, np.float32)))
        self._held = arrays  # until the stage has been run
        return stage

    def _run(self, number: int, block: int = 0, **arrays: NDArray[Any]) -> None:
        stage = self._stage(block, **arrays)
        _functions()["run"](self._handle, number, ctypes.byref(stage))

    def _moments(self, block: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where sums go, and those of squares, or of products in the last block."""
        c = self._channels
        return np.empty(c), np.empty((c, c) if block == self._blocks - 1 else c)

    def forward(self, weights: Weights, like: CompiledNetwork | None = None) -> NDArray[np.int64]:
        """See `Engine`; with the statistics of another network where there is one."""
        w = self._weights = weights
        count = self._size[0] * self._size[1]
        self.scales = []
        sums, products = self._moments(0)
        self._run(_FIRST, weight=w.convs[0], bias=w.biases[0], sums=sums, products=products)
        for k in range(1, self._blocks):
            scale = Scale(count, sums, products, w.gains[k - 1], w.shifts[k - 1])
            self.scales.append(like.scales[k - 1] if like else scale)
            factor, term = _single(self.scales[-1].factor, self.scales[-1].term)
            sums, products = self._moments(k)
            self._run(
                _CONV, k, weight=w.convs[k], bias=w.biases[k], factor=factor, term=term, sums=sums,
                products=products,
            )  # fmt: skip
        if like is None:
            head = (w.gains[-1], w.head, w.head_gain, w.head_shift)
            self.folded = FoldedHead(count, sums, products, *head)
        else:
            self.folded = like.folded
        folded = self.folded
        assert folded is not None
        labels = np.empty(self._size, np.int64)
        matrix, term = _single(folded.matrix, folded.term)
        self._run(_RESPOND, weight=matrix, term=term, labels=labels)
        return labels

    def response(self) -> Array:
        """See `Engine`."""
        found = np.empty((*self._size, self._channels), np.float32)
        _functions()["response"](self._handle, found)
        return found

    def learn(
        self, target: NDArray[np.int64], shares: Array | None, continuity: float
    ) -> tuple[float, Weights]:
        """See `Engine`."""
        w, folded, c = self._weights, self.folded, self._channels
        assert folded is not None
        loss, by_term, by_matrix = self._loss(target, shares, continuity)
        head = folded.backward(by_matrix, by_term)
        matrix, offset = _single(folded.matrix, head.sums)
        (mixed,) = _single(head.products + head.products.T)
        bias = np.empty(c)
        self._run(_BACK, weight=matrix, mixed=mixed, term=offset, sums=bias)
        convs: list[Array] = []
        shifts: list[Array] = []
        biases, gains = [bias], [head.gain]
        for k in range(self._blocks - 1, 0, -1):
            scale = self.scales[k - 1]
            factor, term = _single(scale.factor, scale.term)
            filters = np.empty_like(w.convs[k])
            by_offset, by_factor = np.empty(c), np.empty(c)
            self._run(
                _CONV_BACK, k, weight=w.convs[k], factor=factor, term=term, filters=filters,
                sums=by_offset, products=by_factor,
            )  # fmt: skip
            before = scale.backward(by_factor, by_offset)
            slope, offset = _single(2 * before.squares, before.sums)
            bias = np.empty(c)
            self._run(_BACK_TO_FEATURES, k - 1, factor=factor, mixed=slope, term=offset, sums=bias)
            convs.insert(0, filters)
            biases.insert(0, bias)
            gains.insert(0, before.gain)
            shifts.insert(0, before.shift.astype(np.float32))
        first = np.empty_like(w.convs[0])
        self._run(_FIRST_BACK, filters=first)
        return loss, Weights(
            [first, *convs], _single(*biases), _single(*gains), shifts,
            *_single(head.head, head.head_gain, head.head_shift),
        )  # fmt: skip

    def _loss(
        self, target: NDArray[np.int64], shares: Array | None, continuity: float
    ) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        assert target.shape == self._size
        c = self._channels
        sums, products = np.empty(c), np.empty((c, c))
        stage = self._stage(sums=sums, products=products)
        terms = _LossTerms(loops.address(target, np.int64), None, continuity)
        if shares is not None:
            assert shares.shape == self._size
            terms.shares = loops.address(shares, np.float32)
        _functions()["loss"](self._handle, ctypes.byref(stage), ctypes.byref(terms))
        return terms.loss, sums, products


class CompiledFixed:
    """See :class:`segprior.nn.clustering.engine.Fixed`.

    Parameters
    ----------
    weights : Weights
        As trained.
    image : ndarray of float32, shape (H, W, bands)
        The image whose means and variances count.
    """

    def __init__(self, weights: Weights, image: Array) -> None:
        self._weights = weights
        self.reach, self.channels = len(weights.convs), len(weights.head)
        self._fitted = CompiledNetwork(image, self.channels, self.reach)
        self._fitted.forward(weights)

    def __call__(self, image: Array) -> Array:
        """See `Fixed`."""
        # Parts of a large image are worked on side by side.
        network = CompiledNetwork(image, self.channels, self.reach, threads=1)
        network.forward(self._weights, self._fitted)
        return network.response()
