"""Clustering by backpropagation: a network is trained on its own answers until few are left."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segprior.callbacks import Callback, Event
from segprior.config.network import NetworkConfig
from segprior.nn.clustering.losses import ClusteringLoss, choose
from segprior.nn.clustering.network import ClusteringNetwork, PlainNetwork, Weights, draw_weights
from segprior.runtime.bands import Bands, banded
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
    response : Tensor of float32, shape (H, W, C)
        On the CPU.
    counts : ndarray of int64, shape (iterations,)
        Distinct labels at each iteration, before the vote and the update.
    losses : ndarray of float32, shape (iterations,)
    weights : Weights
        Of the network that gave that response, on the CPU.
    """

    labels: NDArray[np.int64]
    response: Tensor
    counts: NDArray[np.int64]
    losses: NDArray[np.float32]
    weights: Weights


class _Descent:
    """Gradient descent as the publications have it: a warm-up, then momentum at a fixed rate."""

    def __init__(self, weights: list[Tensor], config: NetworkConfig) -> None:
        self._weights = weights
        self._config = config
        self._moving: list[Tensor] = []

    def step(self, iteration: int, gradients: list[Tensor]) -> None:
        """Take step number ``iteration``, from 0."""
        config = self._config
        if iteration < config.warmup:
            way = iteration / max(1, config.warmup - 1)
            rate = _WARM_FROM + (config.learning_rate - _WARM_FROM) * way
            torch._foreach_add_(self._weights, gradients, alpha=-rate)
            return
        if self._moving:
            torch._foreach_mul_(self._moving, config.momentum)
            torch._foreach_add_(self._moving, gradients)
        else:
            self._moving = [gradient.clone() for gradient in gradients]
        rate = config.learning_rate
        if config.restarts:
            rate *= warm_restarts(iteration - config.warmup)
        torch._foreach_add_(self._weights, self._moving, alpha=-rate)


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
    device: torch.device,
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
    device : torch.device
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
    """
    pixels = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None].to(device)
    drawn = draw_weights(pixels.shape[1], config.channels, config.blocks, config.initial, seed)
    weights = drawn.map(lambda tensor: tensor.to(device))
    with steady_heap(), torch.no_grad(), banded() as bands:
        network = _network(pixels, weights, bands)
        return _train(
            network, weights, config, superpixels, marks, continuity, least, callback, bands
        )


def _network(pixels: Tensor, weights: Weights, bands: Bands) -> ClusteringNetwork:
    """Choose how responses are computed."""
    if pixels.device.type == "cpu":
        from segprior.nn.clustering.winograd import WinogradNetwork
        from segprior.nn.compiled.matmul import LANES

        if len(weights.head) >= LANES:
            return WinogradNetwork(pixels, weights, bands)
    return PlainNetwork(pixels, weights)


def _train(
    network: ClusteringNetwork,
    weights: Weights,
    config: NetworkConfig,
    superpixels: NDArray[np.int32] | None,
    marks: NDArray[np.int64] | None,
    continuity: Callable[[int], float] | None,
    least: int,
    callback: Callback | None,
    bands: Bands,
) -> Clusters:
    flat = weights.flat()
    descent, rule = _Descent(flat, config), StopRule(least, config.settle)
    response = network.forward()
    patches = None if superpixels is None else _sent(superpixels, response)
    n_superpixels = 0 if superpixels is None else int(superpixels.max()) + 1
    wanted = None if marks is None else _sent(marks, response)
    loss = ClusteringLoss(bands=bands, weights=None if wanted is None else _shares(wanted, config))
    grad = response.new_empty(response.shape)
    counts: list[int] = []
    losses: list[float] = []
    enough: list[Tensor] | None = None
    total = config.warmup + config.iterations
    for iteration in range(total):
        top, labels = choose(response, bands)
        counts.append(_distinct(labels, config.channels))
        if counts[-1] >= least:
            enough = [tensor.clone() for tensor in flat]
        target = labels
        if patches is not None:
            target = majority(labels, patches, n_superpixels, config.channels)
        if wanted is not None:
            target = torch.where(wanted >= 0, wanted, target)
        apart = 0.0 if continuity is None else continuity(counts[-1])
        losses.append(loss(response, top, target, apart, grad))
        stopped = _told(callback, iteration + 1, total, losses[-1], counts[-1], labels)
        if stopped or (iteration >= config.warmup and rule.stops(counts[-1])):
            break
        descent.step(iteration, network.backward(grad))
        response = network.forward()

    _, labels = choose(response, bands)
    if enough is not None and _distinct(labels, config.channels) < least:
        torch._foreach_copy_(flat, enough)
        response = network.forward()
        _, labels = choose(response, bands)
    return Clusters(
        labels=labels.cpu().numpy(),
        response=response.cpu(),
        counts=np.array(counts, np.int64),
        losses=np.array(losses, np.float32),
        weights=weights.map(lambda tensor: tensor.detach().cpu()),
    )


def _sent(array: NDArray[np.integer], response: Tensor) -> Tensor:
    return torch.from_numpy(array.astype(np.int64)).to(response.device)


def _distinct(labels: Tensor, channels: int) -> int:
    return int(torch.count_nonzero(torch.bincount(labels.flatten(), minlength=channels)))


def _shares(wanted: Tensor, config: NetworkConfig) -> Tensor:
    """How much each pixel counts: the mean over open ones, and a weighted one over marked ones."""
    marked = wanted >= 0
    count = int(marked.sum())
    shares = torch.full(wanted.shape, 1 / max(1, wanted.numel() - count), device=wanted.device)
    return shares.masked_fill_(marked, config.scribble_weight / max(1, count))


def _told(
    callback: Callback | None, iteration: int, total: int, loss: float, count: int, labels: Tensor
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
        label_map=labels.cpu().numpy(),
    )
    return callback(event) is True


def majority(labels: Tensor, superpixels: Tensor, n_superpixels: int, n_labels: int) -> Tensor:
    """Give each pixel the most frequent label of its superpixel, the lowest one of equals.

    Parameters
    ----------
    labels : Tensor of int64, any shape
        0 to ``n_labels - 1``.
    superpixels : Tensor of int64, the same shape
        0 to ``n_superpixels - 1``.
    n_superpixels, n_labels : int
        How many there are.

    Returns
    -------
    Tensor of int64, the same shape
    """
    pairs = (superpixels * n_labels + labels).flatten()
    votes = torch.bincount(pairs, minlength=n_superpixels * n_labels)
    return votes.view(n_superpixels, n_labels).argmax(1)[superpixels]
