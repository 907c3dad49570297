"""Enlarging twofold and convolving, with the backward pass on the small grid.

Bilinear enlarging (corners aligned), reflection and a 3×3 convolution are one linear map of the
small image ``x``: the sum over the nine taps ``a, b`` of ``R_a x C_bᵀ``, mixed over channels by
``W[:, :, a, b]``, where row ``r`` of ``R_a`` (and of ``C_b``, for columns) holds the two weights by
which line ``r + a - 1`` of the large image is interpolated. So with the gradient ``G`` of the
result, the nine small images ``R_aᵀ G C_b`` give both the gradient of the weights and that of
``x``, each by one matrix product with a quarter of the arithmetic of the large image. ``R`` and
``C`` are banded; their products are taken in dense blocks small enough for the cache.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function

from segprior.nn.shared import bilinear

__all__ = ["enlarged_conv", "enlarged_variance"]

BLOCK = 16
_REACH = 3  # lines of the large image that a block's first line can depend on before its own
_WINDOW = 2 * BLOCK + 8


@lru_cache(maxsize=64)
def _taps(size: int, dtype: torch.dtype) -> Tensor:
    """Blocks of the transposed tap operators, shape (blocks, BLOCK, 3, _WINDOW).

    Block ``k`` maps lines ``2 * BLOCK * k - _REACH`` and on of the large image to lines
    ``BLOCK * k`` and on of the small one; lines outside either image have weight 0.
    """
    positions = torch.from_numpy(bilinear.positions(size))
    blocks = -(-size // BLOCK)
    large = torch.arange(_WINDOW) + torch.arange(blocks)[:, None] * 2 * BLOCK - _REACH
    small = torch.arange(BLOCK) + torch.arange(blocks)[:, None] * BLOCK
    tapped = large[:, None, :] + torch.arange(-1, 2)[:, None]  # (blocks, 3, _WINDOW)
    last = 2 * size - 1
    reflected = (last - (last - tapped.abs()).abs()).clamp(0, last)
    distance = positions[reflected][:, None] - small[:, :, None, None]
    weights = (1 - distance.abs()).clamp_min(0)  # (blocks, BLOCK, 3, _WINDOW)
    inside = (large >= 0) & (large <= last)
    weights *= inside[:, None, None, :] & (small < size)[:, :, None, None]
    return weights.to(dtype)


class _EnlargedConv(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        large = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
        return F.conv2d(F.pad(large, (1, 1, 1, 1), mode="reflect"), weight)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        out, into = weight.shape[:2]
        rows, columns = x.shape[2:]
        row_taps = _taps(rows, x.dtype).flatten(1, 2)  # (row blocks, BLOCK*3, _WINDOW)
        column_taps = _taps(columns, x.dtype).transpose(1, 2).flatten(1, 2)
        blocks = len(column_taps)
        flat = grad.permute(0, 2, 3, 1).reshape(2 * rows, 2 * columns * out)
        mix = weight.permute(3, 2, 0, 1).reshape(3, 1, 3 * out, into).expand(-1, blocks, -1, -1)
        sums = x.new_zeros(3, blocks, 3 * out, into)
        grad_x = x.new_empty(rows, columns, into)
        source = x[0].permute(2, 1, 0)  # (columns, rows, into)
        # One block of rows at a time, in buffers that stay in the cache; columns lead in them.
        tapped = x.new_empty(BLOCK * 3, 2 * columns * out)
        width = BLOCK * 3 * out
        lines = x.new_zeros(blocks * 2 * BLOCK + 8, width)
        held = lines[_REACH : _REACH + 2 * columns].view(2 * columns, BLOCK * 3, out)
        windows = lines.as_strided((blocks, _WINDOW, width), (2 * BLOCK * width, width, 1))
        nine = x.new_empty(blocks, 3 * BLOCK, width)
        small = x.new_zeros(blocks * BLOCK, BLOCK, into)
        gradient = x.new_empty(blocks, BLOCK * BLOCK, into)
        for k, taps in enumerate(row_taps):
            here = slice(BLOCK * k, min(BLOCK * (k + 1), rows))
            count = here.stop - here.start
            begin = 2 * BLOCK * k - _REACH
            part = flat[max(0, begin) : begin + _WINDOW]
            skip = max(0, -begin)
            torch.mm(taps[:, skip : skip + len(part)], part, out=tapped)
            held.copy_(tapped.view(BLOCK * 3, 2 * columns, out).transpose(0, 1))
            torch.bmm(column_taps, windows, out=nine)
            small[:columns, :count] = source[:, here]
            small[:columns, count:] = 0
            pixels = small.view(blocks, BLOCK * BLOCK, into)
            for b, taken in enumerate(nine.view(blocks, 3, BLOCK * BLOCK, 3 * out).unbind(1)):
                sums[b].baddbmm_(taken.transpose(1, 2), pixels)
                torch.baddbmm(gradient, taken, mix[b], beta=min(b, 1), out=gradient)
            whole = gradient.view(blocks * BLOCK, BLOCK, into)
            grad_x[here] = whole[:columns, :count].transpose(0, 1)
        grad_weight = sums.sum(1).view(3, 3, out, into).permute(2, 3, 1, 0)
        return grad_x[None].permute(0, 3, 1, 2), grad_weight


def enlarged_conv(x: Tensor, weight: Tensor) -> Tensor:
    """Enlarge twofold, reflect the borders and convolve.

    Parameters
    ----------
    x : Tensor, shape (1, C, h, w)
        Channels last in memory is fastest.
    weight : Tensor, shape (O, C, 3, 3)

    Returns
    -------
    Tensor, shape (1, O, 2h, 2w)
    """
    return _EnlargedConv.apply(x, weight)  # type: ignore[no-any-return, no-untyped-call]


@lru_cache(maxsize=64)
def _squares(size: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Diagonal and side diagonal of UᵀU and column sums of U, where U enlarges ``size`` lines."""
    products, sums = map(torch.from_numpy, bilinear.squares(size))
    return products[0].to(dtype), products[1, :-1].to(dtype), sums.to(dtype)


class _EnlargedVariance(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        rows, columns = x.shape[2:]
        diagonal, side, row_sums = (t.view(-1, 1) for t in _squares(rows, x.dtype))
        t = x * diagonal
        t[:, :, :-1].addcmul_(x[:, :, 1:], side)
        t[:, :, 1:].addcmul_(x[:, :, :-1], side)
        diagonal, side, column_sums = _squares(columns, x.dtype)
        s = t * diagonal
        s[..., :-1].addcmul_(t[..., 1:], side)
        s[..., 1:].addcmul_(t[..., :-1], side)
        sums = row_sums * column_sums  # (rows, columns): how much each pixel counts
        count = 4 * rows * columns
        mean = torch.mul(x, sums, out=t).sum((2, 3)) / count  # (1, C)
        square = torch.mul(x, s, out=t).sum((2, 3)) / count  # (1, C)
        ctx.save_for_backward(s, sums, mean)
        ctx.count = count
        variance: Tensor = (square - mean * mean)[0]
        return variance

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        s, sums, mean = ctx.saved_tensors
        factor = (grad * (2 / ctx.count)).view(1, -1, 1, 1)
        grad_x: Tensor = (s * factor).addcmul_(sums, -factor * mean.view(1, -1, 1, 1))
        return grad_x


def enlarged_variance(x: Tensor) -> Tensor:
    """Variance of each channel of the image enlarged twofold, from the small image alone.

    With ``U`` the enlarging of rows and ``V`` that of columns, the sum of squares of ``U x Vᵀ`` is
    the sum of ``x * s`` with ``s = (UᵀU) x (VᵀV)``, where both factors are tridiagonal.

    Parameters
    ----------
    x : Tensor, shape (1, C, h, w)

    Returns
    -------
    Tensor, shape (C,)
        The variance without Bessel's correction, as batch normalisation takes it.
    """
    return _EnlargedVariance.apply(x)  # type: ignore[no-any-return, no-untyped-call]
