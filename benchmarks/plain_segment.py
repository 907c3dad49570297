"""What anyone would write first: clustering by backpropagation in plain PyTorch.

The other side of ``multiclass.py``: modules as they come, channels first, PyTorch's default
threads, and the published refinement: a Python loop over superpixels with ``np.unique`` in each.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from skimage.segmentation import slic
from torch import nn

from segprior.nn.clustering.weights import Weights


def plain_network(bands: int, channels: int = 100, blocks: int = 2) -> nn.Sequential:
    layers: list[nn.Module] = []
    for into in (bands, *[channels] * (blocks - 1)):
        layers += [nn.Conv2d(into, channels, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(channels)]
    return nn.Sequential(*layers, nn.Conv2d(channels, channels, 1), nn.BatchNorm2d(channels))


def set_weights(network: nn.Sequential, weights: Weights) -> None:
    """Start from the same weights as segprior."""
    convs = [layer for layer in network if isinstance(layer, nn.Conv2d)]
    norms = [layer for layer in network if isinstance(layer, nn.BatchNorm2d)]
    with torch.no_grad():
        for conv, weight, bias in zip(convs, weights.convs, weights.biases, strict=False):
            conv.weight.copy_(torch.from_numpy(weight))
            conv.bias.copy_(torch.from_numpy(bias))
        convs[-1].weight.copy_(torch.from_numpy(weights.head[:, :, None, None]))
        for norm, gain in zip(norms, [*weights.gains, weights.head_gain], strict=True):
            norm.weight.copy_(torch.from_numpy(gain))


def plain_superpixels(image: np.ndarray, count: int = 10_000) -> list[np.ndarray]:
    flat = slic(image, n_segments=count, compactness=100, start_label=0).ravel()
    return [np.where(flat == number)[0] for number in np.unique(flat)]


def plain_clusters(
    image: np.ndarray,
    superpixels: list[np.ndarray],
    network: nn.Sequential,
    iterations: int,
    stop: Callable[[int], bool] = lambda count: False,
) -> tuple[np.ndarray, list[int], list[float]]:
    """Train; return labels (H, W), the number of labels and the loss over the iterations."""
    x = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None]
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    loss_of = nn.CrossEntropyLoss()
    counts, losses = [], []
    for _ in range(iterations):
        optimiser.zero_grad()
        output = network(x)[0].permute(1, 2, 0).reshape(-1, network[-1].num_features)
        target = output.argmax(1).numpy().copy()
        counts.append(len(np.unique(target)))
        for inside in superpixels:
            values, sizes = np.unique(target[inside], return_counts=True)
            target[inside] = values[sizes.argmax()]
        loss = loss_of(output, torch.from_numpy(target))
        losses.append(loss.item())
        if stop(counts[-1]):
            break
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        labels = network(x)[0].argmax(0).numpy()
    return labels, counts, losses
