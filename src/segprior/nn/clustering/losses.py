"""The loss of the clustering network with its gradient, computed in bands."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from segprior.runtime.bands import Bands

__all__ = ["ClusteringLoss", "choose"]

_STEP = 4


def choose(response: Tensor, bands: Bands) -> tuple[Tensor, Tensor]:
    """Return the largest response of each pixel and which one it is, (H, W) both."""
    values = response.new_empty(response.shape[:2])
    labels = torch.empty(response.shape[:2], dtype=torch.int64, device=response.device)

    def work(start: int, stop: int) -> None:
        torch.max(response[start:stop], -1, out=(values[start:stop], labels[start:stop]))

    bands(work, len(response), _step(response))
    return values, labels


def _step(response: Tensor) -> int:
    """Few rows at a time stay in a processor's cache; elsewhere one call does all."""
    return _STEP if response.device.type == "cpu" else len(response)


@dataclass(frozen=True, kw_only=True)
class ClusteringLoss:
    """Cross-entropy to a target, and how much neighbours may differ.

    Parameters
    ----------
    bands : Bands
        Shares the work out.
    weights : Tensor of float32, shape (H, W), or None
        How much the cross-entropy of each pixel counts; None is the mean over all.
    """

    bands: Bands
    weights: Tensor | None = None

    def __call__(
        self, response: Tensor, top: Tensor, target: Tensor, continuity: float, grad: Tensor
    ) -> float:
        """Return the loss, and write its gradient into ``grad``.

        Parameters
        ----------
        response : Tensor, shape (H, W, C)
        top : Tensor, shape (H, W)
            The largest response of each pixel.
        target : Tensor of int64, shape (H, W)
        continuity : float
            Weight of the mean absolute difference of vertical and of horizontal neighbours.
        grad : Tensor, shape (H, W, C)
            Is written over.
        """

        def work(start: int, stop: int) -> Tensor:
            loss = self._entropy(response, top, target, grad, start, stop)
            if continuity:
                loss = loss + continuity * _differences(response, grad, continuity, start, stop)
            return loss

        losses = self.bands(work, len(response), _step(response))
        return float(torch.stack(losses).sum(dtype=torch.float64 if _on_cpu(response) else None))

    def _entropy(
        self, response: Tensor, top: Tensor, target: Tensor, grad: Tensor, start: int, stop: int
    ) -> Tensor:
        out, wanted = grad[start:stop], target[start:stop, :, None]
        torch.sub(response[start:stop], top[start:stop, :, None], out=out)
        picked = out.gather(-1, wanted)
        total = out.exp_().sum(-1, keepdim=True)
        if self.weights is None:
            weight = total.new_full((), 1 / target.numel())
        else:
            weight = self.weights[start:stop, :, None]
        out.mul_(weight / total)
        out.scatter_add_(-1, wanted, -weight.expand_as(wanted))
        return ((total.log_() - picked) * weight).sum()


def _on_cpu(tensor: Tensor) -> bool:
    return tensor.device.type == "cpu"


def _differences(response: Tensor, grad: Tensor, weight: float, start: int, stop: int) -> Tensor:
    """Mean absolute differences that begin in these rows; adds their gradient in these rows."""
    rows, columns, channels = response.shape
    out, part = grad[start:stop], response[start:stop]
    apart = part[:, 1:] - part[:, :-1]
    across = 1 / (rows * (columns - 1) * channels)
    loss = apart.abs().sum() * across
    sign = apart.sign_()
    out[:, 1:].add_(sign, alpha=weight * across)
    out[:, :-1].sub_(sign, alpha=weight * across)

    first, last = max(start - 1, 0), min(stop, rows - 1)
    apart = response[first + 1 : last + 1] - response[first:last]  # pairs that touch these rows
    down = 1 / ((rows - 1) * columns * channels)
    loss = loss + apart[start - first :].abs().sum() * down
    sign = apart.sign_()
    lower = max(start, 1)
    out[lower - start :].add_(sign[lower - 1 - first : stop - 1 - first], alpha=weight * down)
    out[: last - start].sub_(sign[start - first :], alpha=weight * down)
    return loss
