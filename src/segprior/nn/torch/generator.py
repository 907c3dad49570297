"""The generator that is fitted to one image: an encoder-decoder without skip connections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from segprior.nn.shared.initial import BLOCKS, Source, initial_noise, initial_weights
from segprior.nn.torch.layers import conv, norm_act, pointwise, up_conv

__all__ = ["Generator"]


class Generator(nn.Module):
    """One or several generators side by side, each with its own weights.

    The network of the deep image prior as the DSP publication sets it: 3 scales of 8, 16 and 32
    channels, 35,179 parameters for RGB. Those 304 of them that a batch normalisation cancels
    (the biases before it, and the shift of the one before a convolution) are left out: they
    change no output.

    Parameters
    ----------
    seeds : sequence of int
        One seed per member; its weights depend on nothing else.
    channels : int
        Channels of the image.
    noise_channels : int
        Channels of the noise that goes in.

    References
    ----------
    .. [1] Ulyanov, Vedaldi, Lempitsky: Deep Image Prior. CVPR 2018, arXiv:1711.10925.
    """

    def __init__(self, seeds: Sequence[int], channels: int, noise_channels: int) -> None:
        super().__init__()
        self.members = len(seeds)
        self.noise_channels = noise_channels
        self.sources = [Source(seed) for seed in seeds]
        drawn = [initial_weights(source, channels, noise_channels) for source in self.sources]

        def joined(name: str) -> nn.Parameter:
            return nn.Parameter(torch.from_numpy(np.concatenate([w[name] for w in drawn])))

        self.blocks = nn.ModuleDict()
        for block in BLOCKS:
            whole = {key.rpartition(".")[2]: key for key in drawn[0] if f".{block}." in key}
            self.blocks[block] = nn.ParameterDict({k: joined(key) for k, key in whole.items()})
        self.head = joined("head")
        self.head_bias = joined("head_bias")

    def noise(self, rows: int, columns: int, scale: float, shared: int | None = None) -> Tensor:
        """Draw the noise that goes in: uniform, ``scale`` wide, around 0.

        With the seed ``shared`` all members, of this network and of others, get the same.
        """
        size = (self.noise_channels, rows, columns)
        if shared is None:
            draws = [initial_noise(source, size, scale) for source in self.sources]
        else:
            draws = [initial_noise(Source(shared), size, scale)] * self.members
        return torch.from_numpy(np.concatenate(draws))[None]  # (1, M*noise_channels, rows, columns)

    def forward(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Generate the image, in (0, 1), and return the output of every block beside it."""
        m = self.members
        outputs: dict[str, Tensor] = {}
        for name, block in self.blocks.items():
            p = cast(nn.ParameterDict, block)
            if name.startswith("down"):
                x = conv(x, p["conv1"], stride=2, groups=m)  # (1, M*8, H/2, W/2), then 16, 32
                x = norm_act(x, p["gain1"], p["shift1"])
                x = conv(x, p["conv2"], stride=1, groups=m)
            else:
                x = up_conv(x, p["gain0"], p["conv1"], groups=m)  # (1, M*32, H/4, W/4), 16, 8
                x = norm_act(x, p["gain1"], p["shift1"])
                x = pointwise(x, p["conv2"], None, groups=m)
            x = outputs[name] = norm_act(x, p["gain2"], p["shift2"])
        x = pointwise(x, self.head, self.head_bias, groups=m)  # (1, M*C, H, W)
        return torch.sigmoid(x), outputs
