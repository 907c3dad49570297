"""Clustering by backpropagation: a network is trained on its own answers until few are left."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segprior.callbacks import Callback, Event
from segprior.config.network import NetworkConfig
from segprior.nn.clustering.engine import Engine, make_engine
from segprior.nn.clustering.weights import Weights, draw_weights
from segprior.runtime.devices import one_torch_thread
from segprior.runtime.malloc import steady_heap

__all__ = ["Clusters", "StopRule", "cluster", "majority", "warm_restarts"]

_WARM_FROM = 0.001
_FIRST_PERIOD = 2


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """What the network says of one image.

    Attributes
    ----------
    labels : ndarray of int64, shape (H, W)
        Channel of the largest response.
    response : ndarray of float32, shape (H, W, C)
    counts : ndarray of int64, shape (iterations,)
        Distinct labels at each iteration, before the vote and the update.
    losses : ndarray of float32, shape (iterations,)
    weights : Weights
        Of the network that gave that response.
    """

    labels: NDArray[np.int64]
    response: NDArray[np.float32]
    counts: NDArray[np.int64]
    losses: NDArray[np.float32]
    weights: Weights


class _Descent:
    """Gradient descent as the publications have it: a warm-up, then momentum at a fixed rate."""

    def __init__(self, weights: Weights, config: NetworkConfig) -> None:
        self._weights = weights.flat()
        self._config = config
        self._moving: list[NDArray[np.float32]] = []

    def step(self, iteration: int, gradients: Weights) -> None:
        """Take step number ``iteration``, from 0."""
        config = self._config
        if iteration < config.warmup:
            way = iteration / max(1, config.warmup - 1)
            rate = _WARM_FROM + (config.learning_rate - _WARM_FROM) * way
            self._go(gradients.flat(), rate)
            return
        if self._moving:
            for moving, gradient in zip(self._moving, gradients.flat(), strict=True):
                moving *= np.float32(config.momentum)
                moving += gradient
        else:
            self._moving = [gradient.copy() for gradient in gradients.flat()]
        rate = config.learning_rate
        if config.restarts:
            rate *= warm_restarts(iteration - config.warmup)
        self._go(self._moving, rate)

    def _go(self, steps: list[NDArray[np.float32]], rate: float) -> None:
        for weight, step in zip(self._weights, steps, strict=True):
            weight -= np.float32(rate) * step


def warm_restarts(step: int) -> float:
    """Half a cosine from 1 to 0 over 2 steps, then again over 4, 8, …"""
    period = _FIRST_PERIOD
    while step >= period:
        step -= period
        period *= 2
    return (1 + math.cos(math.pi * step / period)) / 2


class StopRule:
    """Says when to stop, from the number of labels."""

    def __init__(self, least: int, settle: int) -> None:
        self._least = least
        self._left: int | None = None
        self._settle = settle

    def stops(self, count: int) -> bool:
        """Hear of one more iteration."""
        if count < self._least:
            return True
        if self._left is not None:
            self._left -= 1
        elif count == self._least:
            self._left = self._settle
        return self._left is not None and self._left <= 0


def cluster(
    image: NDArray[np.float32],
    config: NetworkConfig,
    seed: int,
    device: str = "auto",
    *,
    superpixels: NDArray[np.int32] | None = None,
    marks: NDArray[np.int64] | None = None,
    continuity: Callable[[int], float] | None = None,
    least: int,
    callback: Callback | None = None,
) -> Clusters:
    """Cluster the pixels of one image.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W, bands)
    config : NetworkConfig
    seed : int
        Of the weights.
    device : str
        As in :func:`segprior.runtime.devices.resolve_device`.
    superpixels : ndarray of int32, shape (H, W), optional
        From 0; labels are voted on in each.
    marks : ndarray of int64, shape (H, W), optional
        The channel that a pixel must have, -1 where that is open.
    continuity : callable, optional
        From the number of labels to the weight of the differences between neighbours.
    least : int
        Number of labels at which to come to an end.
    callback : callable, optional
        See :mod:`segprior.callbacks`; the stage is ``"segment"``.

    Returns
    -------
    Clusters
        Of the last iteration with at least ``least`` labels, if there was one.

    Raises
    ------
    ConfigError
        If there is no such device, or nothing to compute with.
    """
    engine = make_engine(image, config.channels, config.blocks, device)
    bands = image.shape[2]
    weights = draw_weights(bands, config.channels, config.blocks, config.initial, seed)
    with steady_heap(), one_torch_thread():
        return _train(engine, weights, config, superpixels, marks, continuity, least, callback)


def _train(
    engine: Engine,
    weights: Weights,
    config: NetworkConfig,
    superpixels: NDArray[np.int32] | None,
    marks: NDArray[np.int64] | None,
    continuity: Callable[[int], float] | None,
    least: int,
    callback: Callback | None,
) -> Clusters:
    descent, rule = _Descent(weights, config), StopRule(least, config.settle)
    labels = engine.forward(weights)
    n_superpixels = 0 if superpixels is None else int(superpixels.max()) + 1
    shares = None if marks is None else _shares(marks, config)
    counts: list[int] = []
    losses: list[float] = []
    enough: Weights | None = None
    total = config.warmup + config.iterations
    for iteration in range(total):
        counts.append(_distinct(labels, config.channels))
        if counts[-1] >= least:
            enough = weights.copy()
        target = labels
        if superpixels is not None:
            target = majority(labels, superpixels, n_superpixels, config.channels)
        if marks is not None:
            target = np.where(marks >= 0, marks, target)
        apart = 0.0 if continuity is None else continuity(counts[-1])
        loss, gradients = engine.learn(target, shares, apart)
        losses.append(loss)
        stopped = _told(callback, iteration + 1, total, loss, counts[-1], labels)
        if stopped or (iteration >= config.warmup and rule.stops(counts[-1])):
            labels = engine.forward(weights)  # the loss may have used up the response
            break
        descent.step(iteration, gradients)
        labels = engine.forward(weights)

    if enough is not None and _distinct(labels, config.channels) < least:
        weights = enough
        labels = engine.forward(weights)
    return Clusters(
        labels=labels,
        response=engine.response(),
        counts=np.array(counts, np.int64),
        losses=np.array(losses, np.float32),
        weights=weights,
    )


def _distinct(labels: NDArray[np.int64], channels: int) -> int:
    return int(np.count_nonzero(np.bincount(labels.ravel(), minlength=channels)))


def _shares(marks: NDArray[np.int64], config: NetworkConfig) -> NDArray[np.float32]:
    """How much each pixel counts: the mean over open ones, and a weighted one over marked ones."""
    marked = marks >= 0
    count = int(marked.sum())
    shares = np.full(marks.shape, 1 / max(1, marks.size - count), np.float32)
    shares[marked] = config.scribble_weight / max(1, count)
    return shares


def _told(
    callback: Callback | None,
    iteration: int,
    total: int,
    loss: float,
    count: int,
    labels: NDArray[np.int64],
) -> bool:
    if callback is None:
        return False
    event = Event(
        stage="segment",
        member=0,
        members=1,
        iteration=iteration,
        iterations=total,
        loss=loss,
        labels=count,
        label_map=labels,
    )
    return callback(event) is True


def majority(
    labels: NDArray[np.int64], superpixels: NDArray[np.int32], n_superpixels: int, n_labels: int
) -> NDArray[np.int64]:
    """Give each pixel the most frequent label of its superpixel, the lowest one of equals.

    Parameters
    ----------
    labels : ndarray of int64, any shape
        0 to ``n_labels - 1``.
    superpixels : ndarray of int, the same shape
        0 to ``n_superpixels - 1``.
    n_superpixels, n_labels : int
        How many there are.

    Returns
    -------
    ndarray of int64, the same shape
    """
    pairs = superpixels.astype(np.int64) * n_labels + labels
    votes = np.bincount(pairs.ravel(), minlength=n_superpixels * n_labels)
    voted: NDArray[np.int64] = votes.reshape(n_superpixels, n_labels).argmax(1)[superpixels]
    return voted
