"""The layers of the generator in plain torch operations.

All tensors are ``(1, members * channels, H, W)``: members are groups of channels. A batch
normalisation that follows a convolution cancels whatever is added to each channel, so convolutions
have no bias and the normalisation before them no shift.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from segprior.nn.shared.constants import BATCH_NORM_EPS, LEAKY_SLOPE

__all__ = ["conv", "norm_act", "pointwise", "up_conv"]


def conv(x: Tensor, weight: Tensor, *, stride: int, groups: int) -> Tensor:
    """Convolve by 3×3 weights over reflected borders."""
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), weight, stride=stride, groups=groups)


def norm_act(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    """Normalise each channel over the image, then apply the leaky ReLU."""
    x = F.batch_norm(x, None, None, gain, shift, training=True, eps=BATCH_NORM_EPS)
    return F.leaky_relu(x, LEAKY_SLOPE, inplace=True)


def up_conv(x: Tensor, gain: Tensor, weight: Tensor, *, groups: int) -> Tensor:
    """Enlarge to twice the size, normalise each channel, convolve by 3×3 weights."""
    x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
    x = F.batch_norm(x, None, None, gain, training=True, eps=BATCH_NORM_EPS)
    return conv(x, weight, stride=1, groups=groups)


def pointwise(x: Tensor, weight: Tensor, bias: Tensor | None, *, groups: int) -> Tensor:
    """Convolve by 1×1 weights."""
    return F.conv2d(x, weight, bias, groups=groups)
