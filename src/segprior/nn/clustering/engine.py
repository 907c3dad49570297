"""What every way to compute the clustering network offers, and which is taken."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from segprior.nn.clustering.weights import Weights
from segprior.nn.select import compiled_is_for

__all__ = ["Engine", "Fixed", "make_engine", "make_fixed"]

Array = NDArray[np.float32]


class Engine(Protocol):
    """The network on one image."""

    def forward(self, weights: Weights) -> NDArray[np.int64]:
        """Respond to the image; return the channel of the largest response, (H, W)."""

    def response(self) -> Array:
        """Copy the response of the last forward pass, (H, W, C)."""

    def learn(
        self, target: NDArray[np.int64], shares: Array | None, continuity: float
    ) -> tuple[float, Weights]:
        """Return the loss of the last forward pass, and its gradients. Once after each.

        Parameters
        ----------
        target : ndarray of int64, shape (H, W)
        shares : ndarray of float32, shape (H, W), or None
            How much the cross-entropy of each pixel counts; None is the mean over all.
        continuity : float
            Weight of the mean absolute difference of vertical and of horizontal neighbours.
        """


class Fixed(Protocol):
    """The network with the statistics of one image, for any part of it or of its like.

    Batch normalisation then is a scale and a shift per channel, so that a pixel's response depends
    on nothing but its neighbourhood, `reach` pixels to each side.
    """

    reach: int
    channels: int

    def __call__(self, image: Array) -> Array:
        """Return the response to an image (H, W, bands), (H, W, C)."""


def make_engine(image: Array, channels: int, blocks: int, device: str) -> Engine:
    """Make the network of an image (H, W, bands) on a device.

    Raises
    ------
    ConfigError
        As :func:`segprior.nn.select.compiled_is_for` does.
    """
    if compiled_is_for(device):
        from segprior.nn.clustering.compiled import CompiledNetwork

        return CompiledNetwork(image, channels, blocks)
    from segprior.nn.clustering.torch_network import TorchNetwork
    from segprior.runtime.devices import resolve_device

    return TorchNetwork(image, resolve_device(device))


def make_fixed(weights: Weights, image: Array, device: str) -> Fixed:
    """Fix a trained network to the statistics of an image (H, W, bands); errors as above."""
    if compiled_is_for(device):
        from segprior.nn.clustering.compiled import CompiledFixed

        return CompiledFixed(weights, image)
    from segprior.nn.clustering.torch_network import TorchFixed
    from segprior.runtime.devices import resolve_device

    return TorchFixed(weights, image, resolve_device(device))
