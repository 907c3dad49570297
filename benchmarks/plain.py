"""What anyone would write first: the published method in plain PyTorch and scikit-learn.

The other side of the benchmarks, and the reference of the tests: modules as they come, members one
after the other, channels first, PyTorch's default threads.
"""

from __future__ import annotations

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import nn

from segprior.image.resize import resize
from segprior.io.image import as_image


def conv3(into: int, out: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(into, out, 3, stride))


def norm_act(width: int) -> nn.Module:
    return nn.Sequential(nn.BatchNorm2d(width), nn.LeakyReLU(0.2))


class PlainGenerator(nn.Module):
    """The generator of the publication, with all of its 35,179 parameters (RGB)."""

    def __init__(self, channels: int = 3, noise_channels: int = 2) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        into = noise_channels
        for width in (8, 16, 32):
            layers += [conv3(into, width, 2), norm_act(width)]
            layers += [conv3(width, width), norm_act(width)]
            into = width
        for width in (32, 16, 8):
            layers += [
                nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
                nn.BatchNorm2d(into),
                conv3(into, width),
                norm_act(width),
                nn.Conv2d(width, width, 1),
                norm_act(width),
            ]
            into = width
        layers += [nn.Conv2d(into, channels, 1), nn.Sigmoid()]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def plain_members(image: np.ndarray, members: int, iterations: int, seed: int) -> np.ndarray:
    """Fit ``members`` generators to (H, W, C) float32; return their outputs, (M, H, W, C)."""
    torch.manual_seed(seed)
    target = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None]
    outputs = []
    for _ in range(members):
        network = PlainGenerator(image.shape[2])
        noise = (torch.rand(1, 2, *target.shape[2:]) - 0.5) / 100
        optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
        for _ in range(iterations):
            optimiser.zero_grad()
            output = network(noise)
            loss = nn.functional.l1_loss(output, target)
            loss.backward()
            optimiser.step()
        outputs.append(output.detach()[0].permute(1, 2, 0).numpy())
    return np.stack(outputs)


def plain_mask(prior: np.ndarray, window: int = 7, seed: int = 0) -> np.ndarray:
    """K-means with two clusters on zero-padded windows; labels (H, W), 0 or 1."""
    reach = window // 2
    padded = np.pad(prior, ((reach, reach), (reach, reach), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (window, window), axis=(0, 1))
    flat = windows.reshape(prior.shape[0] * prior.shape[1], -1)
    labels = KMeans(2, n_init=10, random_state=seed).fit_predict(flat)
    return labels.reshape(prior.shape[:2])


def sample(source: str | None, rows: int, columns: int) -> np.ndarray:
    """The image a benchmark works on, at its size: scikit-image's coffee unless one is named."""
    from skimage.data import coffee

    return resize(as_image(coffee() if source is None else source), (rows, columns))


def crop_to_multiple(image: np.ndarray, multiple: int = 32) -> np.ndarray:
    """Cut the centre whose sides are multiples of ``multiple``, as the publication does."""
    rows, columns = (side // multiple * multiple for side in image.shape[:2])
    top, left = (image.shape[0] - rows) // 2, (image.shape[1] - columns) // 2
    return np.ascontiguousarray(image[top : top + rows, left : left + columns])
