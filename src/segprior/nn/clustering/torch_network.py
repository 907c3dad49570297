"""The clustering network in plain PyTorch, on any device; the reference of the compiled loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from segprior.nn.clustering.weights import Weights
from segprior.nn.shared.constants import BATCH_NORM_EPS

__all__ = ["TorchFixed", "TorchNetwork"]

Array = NDArray[np.float32]


def _normalised(x: Tensor, gain: Tensor, shift: Tensor | None) -> Tensor:
    return F.batch_norm(x, None, None, gain, shift, training=True, eps=BATCH_NORM_EPS)


def _sent(image: Array, device: torch.device) -> Tensor:
    """(H, W, bands) to (1, bands, H, W) on a device."""
    pixels = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None]
    return pixels.to(device, memory_format=torch.channels_last)


class TorchNetwork:
    """See :class:`segprior.nn.clustering.engine.Engine`.

    Parameters
    ----------
    image : ndarray of float, shape (H, W, bands)
    device : torch.device
    """

    def __init__(self, image: Array, device: torch.device) -> None:
        self._image, self._device = _sent(image, device), device

    def forward(self, weights: Weights) -> NDArray[np.int64]:
        """See `Engine`."""
        self._leaves = [
            torch.from_numpy(array).to(self._device, copy=True).requires_grad_()
            for array in weights.flat()
        ]
        w = _as_weights(self._leaves)
        x = self._image
        for conv, bias, gain, shift in zip(
            w.convs, w.biases, w.gains, [*w.shifts, None], strict=True
        ):
            x = F.relu(F.conv2d(x, conv, bias, padding=1))  # (1, C, H, W)
            x = _normalised(x, gain, shift)
        x = _normalised(F.conv2d(x, w.head[..., None, None]), w.head_gain, w.head_shift)
        self._response = x[0].permute(1, 2, 0)  # (H, W, C)
        labels: NDArray[np.int64] = self._response.detach().argmax(-1).cpu().numpy()
        return labels

    def response(self) -> Array:
        """See `Engine`."""
        found: Array = self._response.detach().cpu().numpy().copy(order="C")
        return found

    def learn(
        self, target: NDArray[np.int64], shares: Array | None, continuity: float
    ) -> tuple[float, Weights]:
        """See `Engine`."""
        x = self._response
        wanted = torch.from_numpy(target).to(self._device)
        entropy = F.cross_entropy(x.flatten(0, 1), wanted.flatten(), reduction="none")
        if shares is None:
            loss = entropy.mean()
        else:
            loss = (entropy * torch.from_numpy(shares).to(self._device).flatten()).sum()
        if continuity:
            apart = (x[:, 1:] - x[:, :-1]).abs().mean() + (x[1:] - x[:-1]).abs().mean()
            loss = loss + continuity * apart
        found = torch.autograd.grad(loss, self._leaves)
        arrays = [gradient.cpu().numpy() for gradient in found]
        return loss.item(), _as_weights(arrays)


def _as_weights(flat: list[Any]) -> Any:
    """The parts of a flat list, as `Weights.flat` has them."""
    blocks = (len(flat) - 2) // 4  # convs, biases and gains of each, shifts of all but one, head
    ends = (blocks, 2 * blocks, 3 * blocks, 4 * blocks - 1)
    convs, biases, gains, shifts = (
        list(flat[start:end]) for start, end in zip((0, *ends[:-1]), ends, strict=True)
    )
    return Weights(convs, biases, gains, shifts, *flat[ends[-1] :])


class TorchFixed:
    """See :class:`segprior.nn.clustering.engine.Fixed`.

    Parameters
    ----------
    weights : Weights
        As trained.
    image : ndarray of float32, shape (H, W, bands)
        The image whose means and variances count.
    device : torch.device
    """

    def __init__(self, weights: Weights, image: Array, device: torch.device) -> None:
        w = _as_weights([torch.from_numpy(array).to(device) for array in weights.flat()])
        self._device = device
        self._layers: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
        self.reach, self.channels = len(w.convs), len(w.head)
        with torch.no_grad():
            x = _sent(image, device)
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

    def __call__(self, image: Array) -> Array:
        """See `Fixed`."""
        with torch.no_grad():
            x = _sent(image, self._device)
            for conv, bias, scale, offset in self._layers:
                x = F.relu_(F.conv2d(x, conv, bias, padding=1)).mul_(scale).add_(offset)
            x = F.conv2d(x, self._head[0]).add_(self._head[1])
            found: Array = x[0].permute(1, 2, 0).cpu().numpy()
            return found


def _as_line(x: Tensor, gain: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
    """What batch normalisation does to ``x``, as a scale and an offset of shape (1, C, 1, 1)."""
    variance, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
    scale = gain * torch.rsqrt(variance + BATCH_NORM_EPS)
    return scale[None, :, None, None], (shift - mean * scale)[None, :, None, None]
