"""The network that answers each pixel with one number per cluster, as plain torch operations.

A 3×3 convolution, ReLU and batch normalisation, once or several times over; then a 1×1 convolution
and batch normalisation. :mod:`segprior.nn.clustering.winograd` computes the same on a CPU several
times faster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from segprior.nn.shared.constants import BATCH_NORM_EPS

__all__ = ["ClusteringNetwork", "FixedNetwork", "PlainNetwork", "Weights", "draw_weights"]


class Weights(NamedTuple):
    """The parameters of the network.

    What the last batch normalisation cancels is left out, for it changes no response: the bias of
    the 1×1 convolution and the shift of the batch normalisation before that.

    Attributes
    ----------
    convs : list of Tensor, shapes (C, bands, 3, 3) and (C, C, 3, 3)
    biases : list of Tensor, shape (C,)
    gains : list of Tensor, shape (C,)
        Of the batch normalisation after each.
    shifts : list of Tensor, shape (C,)
        Likewise, without the last.
    head : Tensor, shape (C, C)
    head_gain, head_shift : Tensor, shape (C,)
    """

    convs: list[Tensor]
    biases: list[Tensor]
    gains: list[Tensor]
    shifts: list[Tensor]
    head: Tensor
    head_gain: Tensor
    head_shift: Tensor

    def map(self, function: Callable[[Tensor], Tensor]) -> Weights:
        """The same with a function applied to each."""
        lists = (self.convs, self.biases, self.gains, self.shifts)
        convs, biases, gains, shifts = ([function(t) for t in part] for part in lists)
        head = (function(t) for t in (self.head, self.head_gain, self.head_shift))
        return Weights(convs, biases, gains, shifts, *head)

    def flat(self) -> list[Tensor]:
        """All of them in one list."""
        return [
            *self.convs, *self.biases, *self.gains, *self.shifts,
            self.head, self.head_gain, self.head_shift,
        ]  # fmt: skip


def draw_weights(
    bands: int, channels: int, blocks: int, initial: Literal["normal", "uniform"], seed: int
) -> Weights:
    """Draw the weights that the network starts from, on the CPU.

    Parameters
    ----------
    bands : int
        Channels of the image.
    channels : int
        Channels of the response, C.
    blocks : int
        3×3 convolutions.
    initial : {"normal", "uniform"}
        Weights from N(0, 0.02) and gains from N(1, 0.02), as the DSP publication draws them, or
        weights uniform in ±1/√fan-in and gains of 1, as PyTorch does. Biases are drawn as PyTorch
        does in both cases.
    seed : int
        The same seed gives the same weights.
    """
    source = torch.Generator().manual_seed(seed)

    def uniform(shape: Sequence[int], fan_in: int) -> Tensor:
        return torch.empty(*shape).uniform_(-(fan_in**-0.5), fan_in**-0.5, generator=source)

    def weight(*shape: int) -> Tensor:
        if initial == "normal":
            return torch.empty(*shape).normal_(0, 0.02, generator=source)
        return uniform(shape, shape[1] * (shape[2] * shape[3] if len(shape) > 2 else 1))

    def gain() -> Tensor:
        if initial == "normal":
            return torch.empty(channels).normal_(1, 0.02, generator=source)
        return torch.ones(channels)

    fans = [bands, *[channels] * (blocks - 1)]
    return Weights(
        convs=[weight(channels, fan, 3, 3) for fan in fans],
        biases=[uniform((channels,), 9 * fan) for fan in fans],
        gains=[gain() for _ in fans],
        shifts=[torch.zeros(channels) for _ in fans[1:]],
        head=weight(channels, channels),
        head_gain=gain(),
        head_shift=torch.zeros(channels),
    )


class ClusteringNetwork(Protocol):
    """The network on one image, forward and backward."""

    def forward(self) -> Tensor:
        """Return the response of every pixel, (H, W, C); valid until the next call."""
        ...

    def backward(self, grad: Tensor) -> list[Tensor]:
        """Return the gradients of `Weights.flat` from that of the response, which is used up."""
        ...


class PlainNetwork:
    """The network as PyTorch has it, on any device.

    Parameters
    ----------
    image : Tensor of float32, shape (1, bands, H, W)
        On the device to compute on.
    weights : Weights
        On the same device; looked up at each call, so that they may be changed in place.
    """

    def __init__(self, image: Tensor, weights: Weights) -> None:
        self.image = image.contiguous(memory_format=torch.channels_last)
        self.weights = weights
        self._response: Tensor | None = None
        self._leaves: list[Tensor] = []

    def forward(self) -> Tensor:
        """Return the response of every pixel, (H, W, C)."""
        w = self.weights
        self._leaves = [tensor.requires_grad_() for tensor in w.flat()]
        with torch.enable_grad():
            x = self.image
            for conv, bias, gain, shift in zip(
                w.convs, w.biases, w.gains, [*w.shifts, None], strict=True
            ):
                x = F.relu(F.conv2d(x, conv, bias, padding=1))  # (1, C, H, W)
                x = F.batch_norm(x, None, None, gain, shift, training=True, eps=BATCH_NORM_EPS)
            x = F.conv2d(x, w.head[..., None, None])
            x = F.batch_norm(
                x, None, None, w.head_gain, w.head_shift, training=True, eps=BATCH_NORM_EPS
            )
            self._response = x[0].permute(1, 2, 0)  # (H, W, C)
        return self._response.detach()

    def backward(self, grad: Tensor) -> list[Tensor]:
        """Return the gradients of `Weights.flat`."""
        assert self._response is not None, "forward comes before backward"
        gradients = torch.autograd.grad(self._response, self._leaves, grad)
        self._response = None
        return list(gradients)


class FixedNetwork:
    """The network with the statistics of one image, for any part of it or of its like.

    Batch normalisation then is a scale and a shift per channel, so that a pixel's response depends
    on nothing but its neighbourhood.

    Parameters
    ----------
    weights : Weights
        As trained.
    image : Tensor of float32, shape (1, bands, H, W)
        The image whose means and variances count.
    """

    def __init__(self, weights: Weights, image: Tensor) -> None:
        w = weights
        self._layers: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
        self.reach = len(w.convs)  # pixels to each side that a response depends on
        self.channels = len(w.head)
        with torch.no_grad():
            x = image
            for conv, bias, gain, shift in zip(
                w.convs, w.biases, w.gains, [*w.shifts, torch.zeros_like(w.gains[-1])], strict=True
            ):
                x = F.relu(F.conv2d(x, conv, bias, padding=1))
                scale, offset = _as_line(x, gain, shift)
                x = x * scale + offset
                self._layers.append((conv, bias, scale, offset))
            x = F.conv2d(x, w.head[..., None, None])
            scale, offset = _as_line(x, w.head_gain, w.head_shift)
            self._head = (w.head[..., None, None] * scale.reshape(-1, 1, 1, 1), offset)

    def __call__(self, image: Tensor) -> Tensor:
        """Return the response to an image, (H, W, C)."""
        with torch.no_grad():
            x = image.contiguous(memory_format=torch.channels_last)
            for conv, bias, scale, offset in self._layers:
                x = F.relu_(F.conv2d(x, conv, bias, padding=1)).mul_(scale).add_(offset)
            x = F.conv2d(x, self._head[0]).add_(self._head[1])
            return x[0].permute(1, 2, 0)


def _as_line(x: Tensor, gain: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
    """What batch normalisation does to ``x``, as a scale and an offset of shape (1, C, 1, 1)."""
    variance, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
    scale = gain * torch.rsqrt(variance + BATCH_NORM_EPS)
    return scale[None, :, None, None], (shift - mean * scale)[None, :, None, None]
