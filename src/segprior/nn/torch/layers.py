"""The layers of the generator, twice: in plain torch operations, and quickly on a CPU.

Both sets compute the same functions of the same weights, with the same gradients up to rounding;
``PLAIN`` also takes many members at once, as groups of channels. Two identities make the quick
set quick. A batch normalisation that follows a convolution cancels whatever is added to each
channel, so convolutions have no bias and the normalisation before them no shift. And the variance
of an enlarged image is a quadratic form of the small one, so that normalising it means scaling the
weights of the next convolution and never touching the large tensor.

All tensors are ``(1, members * channels, H, W)``.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function

from segprior.nn.shared.constants import BATCH_NORM_EPS, LEAKY_SLOPE
from segprior.nn.torch.upconv import enlarged_conv, enlarged_variance

__all__ = ["CPU", "PLAIN", "Layers"]


_conv_backward = torch.ops.aten.convolution_backward
_leaky_backward = torch.ops.aten.leaky_relu_backward.grad_input
_onednn_conv = torch.ops.aten.mkldnn_convolution
_pad_backward = torch.ops.aten.reflection_pad2d_backward


class Conv(Protocol):
    """Convolve by 3×3 weights over reflected borders."""

    def __call__(self, x: Tensor, weight: Tensor, *, stride: int, groups: int) -> Tensor: ...


class NormAct(Protocol):
    """Normalise each channel over the image, then apply the leaky ReLU."""

    def __call__(self, x: Tensor, gain: Tensor, shift: Tensor) -> Tensor: ...


class UpConv(Protocol):
    """Enlarge to twice the size, normalise each channel, convolve by 3×3 weights."""

    def __call__(self, x: Tensor, gain: Tensor, weight: Tensor, *, groups: int) -> Tensor: ...


class Pointwise(Protocol):
    """Convolve by 1×1 weights."""

    def __call__(
        self, x: Tensor, weight: Tensor, bias: Tensor | None, *, groups: int
    ) -> Tensor: ...


class Layers(NamedTuple):
    """One way to compute the four layers that the generator is made of."""

    conv: Conv
    norm_act: NormAct
    up_conv: UpConv
    pointwise: Pointwise


def _conv(x: Tensor, weight: Tensor, *, stride: int, groups: int) -> Tensor:
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), weight, stride=stride, groups=groups)


def _norm_act(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    x = F.batch_norm(x, None, None, gain, shift, training=True, eps=BATCH_NORM_EPS)
    return F.leaky_relu(x, LEAKY_SLOPE, inplace=True)


def _up_conv(x: Tensor, gain: Tensor, weight: Tensor, *, groups: int) -> Tensor:
    x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
    x = F.batch_norm(x, None, None, gain, training=True, eps=BATCH_NORM_EPS)
    return _conv(x, weight, stride=1, groups=groups)


def _pointwise(x: Tensor, weight: Tensor, bias: Tensor | None, *, groups: int) -> Tensor:
    return F.conv2d(x, weight, bias, groups=groups)


PLAIN = Layers(_conv, _norm_act, _up_conv, _pointwise)


class _ReflectConv(Function):
    """Reflection padding and convolution in one node, which keeps the padded input only."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int) -> Tensor:
        padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
        ctx.save_for_backward(padded, weight)
        ctx.stride = [stride, stride]
        return F.conv2d(padded, weight, stride=stride)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor, None]:
        padded, weight = ctx.saved_tensors
        need_x = ctx.needs_input_grad[0]

        grad_padded, grad_weight, _ = _conv_backward(
            grad, padded, weight, None, ctx.stride, [0, 0], [1, 1], False, [0, 0], 1,
            [need_x, True, False],
        )  # fmt: skip
        grad_x = None
        if need_x:
            grad_x = _pad_backward(grad_padded, padded[:, :, 1:-1, 1:-1], [1, 1, 1, 1])
        return grad_x, grad_weight, None


class _NormAct(Function):
    """Batch normalisation and leaky ReLU in one node, in place where that is possible."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
        y, mean, inverse_std = torch.native_batch_norm(
            x, gain, shift, None, None, True, 0.0, BATCH_NORM_EPS
        )
        F.leaky_relu_(y, LEAKY_SLOPE)
        ctx.save_for_backward(x, y, gain, mean, inverse_std)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, y, gain, mean, inverse_std = ctx.saved_tensors
        # The slope is positive, so y has the sign of what went into the leaky ReLU.
        # Nobody else holds the gradient of a chain of layers, so it can be overwritten.
        _leaky_backward(grad, y, LEAKY_SLOPE, True, grad_input=grad)
        return torch.ops.aten.native_batch_norm_backward(  # type: ignore[no-any-return]
            grad, x, gain, None, None, mean, inverse_std, True, BATCH_NORM_EPS, [True, True, True]
        )


def _quick_conv(x: Tensor, weight: Tensor, *, stride: int, groups: int) -> Tensor:
    return _ReflectConv.apply(x, weight, stride)  # type: ignore[no-any-return, no-untyped-call]


def _quick_norm_act(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    return _NormAct.apply(x, gain, shift)  # type: ignore[no-any-return, no-untyped-call]


def _quick_up_conv(x: Tensor, gain: Tensor, weight: Tensor, *, groups: int) -> Tensor:
    factor = gain * torch.rsqrt(enlarged_variance(x) + BATCH_NORM_EPS)
    return enlarged_conv(x, weight * factor.view(1, -1, 1, 1))


def _product(a: Tensor, b: Tensor) -> Tensor:
    """Return ``aᵀ b`` of two tall, narrow matrices.

    A product of 8 columns leaves most of a processor idle: two rows side by side are faster,
    though half of what they give is thrown away.
    """
    if a.shape[0] % 2:
        return a.T @ b
    both = a.reshape(-1, 2 * a.shape[1]).T @ b.reshape(-1, 2 * b.shape[1])
    top, bottom = both.split(a.shape[1])
    product: Tensor = top[:, : b.shape[1]] + bottom[:, b.shape[1] :]
    return product


def _pixels(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])


class _Pointwise(Function):
    """1×1 convolution. PyTorch's own falls back to a slow path where it has one thread only."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _onednn_conv(x, weight, bias, [0, 0], [1, 1], [1, 1], 1)  # type: ignore[no-any-return]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        x, weight = ctx.saved_tensors
        turned = weight.transpose(0, 1).contiguous(memory_format=torch.channels_last)
        grad_x = _onednn_conv(grad, turned, None, [0, 0], [1, 1], [1, 1], 1)
        flat = _pixels(grad)
        grad_weight = _product(flat, _pixels(x)).view_as(weight)
        return grad_x, grad_weight, flat.sum(0) if ctx.needs_input_grad[2] else None


def _quick_pointwise(x: Tensor, weight: Tensor, bias: Tensor | None, *, groups: int) -> Tensor:
    if x.dtype != torch.float32 or not torch.backends.mkldnn.is_available():
        return _pointwise(x, weight, bias, groups=groups)
    return _Pointwise.apply(x, weight, bias)  # type: ignore[no-any-return, no-untyped-call]


CPU = Layers(_quick_conv, _quick_norm_act, _quick_up_conv, _quick_pointwise)
