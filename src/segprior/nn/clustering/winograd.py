"""The clustering network on a CPU, forward and backward by hand, in bands.

The 3×3 convolutions between 100 channels are nearly all of the arithmetic. They are done in
Winograd's form F(4×4, 3×3): a tile of 4×4 results costs 36 products instead of 144, each of which
is one of a stack of matrix products over tiles and channels. Four rows of tiles' height at a time
stay in the cache, and bands share the processor's cores (:mod:`segprior.runtime.bands`).

Batch normalisations are never applied to a whole tensor. A 1×1 convolution between two of them is
one linear map of what comes in, whose scale follows from mean and covariance of that; gradients
through those small matrices are left to autograd.

Tensors of features are (rows + 2, width, C), zero around the image, with rows and columns up to
multiples of four; ``width`` has a column more on either side.

References
----------
.. [1] A. Lavin, S. Gray: Fast Algorithms for Convolutional Neural Networks. CVPR 2016,
   arXiv:1509.09308.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from segprior.nn.clustering import winograd_passes as passes
from segprior.nn.clustering.network import Weights
from segprior.nn.clustering.winograd_transforms import FILTER, from_products, to_grads, to_inputs
from segprior.nn.shared.constants import BATCH_NORM_EPS
from segprior.runtime.bands import Bands

__all__ = ["WinogradNetwork"]

_TAPS = torch.from_numpy(FILTER)

# Into so many parts is an image split at most, whatever the number of threads: enough for those
# to finish together, few enough that their sums are soon added up.
_TASKS = 16


def _to_tiles(weight: Tensor) -> Tensor:
    """Filters (O, I, 3, 3) as matrices (36, I, O)."""
    tiles = torch.einsum("ia,oqab,jb->ijqo", _TAPS, weight.double(), _TAPS)
    return tiles.float().flatten(0, 1).contiguous()


def _from_tiles(grad: Tensor) -> Tensor:
    """Gradient of the filters from that of their matrices."""
    grad = grad.double().unflatten(0, (6, 6))
    return torch.einsum("ia,ijqo,jb->oqab", _TAPS, grad, _TAPS)


class _Scratch:
    """Buffers of one band of four rows, reused from band to band."""

    def __init__(self, tiles: int, channels: int) -> None:
        self.halo = torch.zeros(6, 4 * tiles + 2, channels)
        self.inputs = torch.empty(36, tiles, channels)
        self.grads = torch.empty(36, tiles, channels)
        self.products = torch.empty(36, tiles, channels)
        self.rows = torch.empty(4, 4 * tiles, channels)

    def multiply(self, around: Tensor, matrices: Tensor) -> Tensor:
        """Convolve a band, from the rows around it (6, width, C) to (4, columns, C)."""
        to_inputs(around.numpy(), self.inputs.numpy())
        torch.bmm(self.inputs, matrices, out=self.products)
        from_products(self.products.numpy(), self.rows.numpy())
        return self.rows

    def correlate(self, around: Tensor, grad: Tensor, sums: Tensor) -> None:
        """Add to the gradient of the matrices, from that of a band's results (4, width, C)."""
        to_inputs(around.numpy(), self.inputs.numpy())
        to_grads(grad.numpy(), self.grads.numpy())
        sums.baddbmm_(self.inputs.transpose(1, 2), self.grads)


def _scale(
    count: int, sums: Tensor, squares: Tensor, gain: Tensor, shift: Tensor
) -> tuple[Tensor, Tensor]:
    """Batch normalisation as a factor and a term, from the sums of values and of squares."""
    mean = sums / count
    factor = gain * torch.rsqrt(squares / count - mean * mean + BATCH_NORM_EPS)
    return factor, shift - factor * mean


def _fold(
    count: int,
    sums: Tensor,
    gram: Tensor,
    gain: Tensor,
    head: Tensor,
    head_gain: Tensor,
    head_shift: Tensor,
) -> tuple[Tensor, Tensor]:
    """Batch normalisation, 1×1 convolution and batch normalisation as one matrix and one term."""
    mean = sums / count
    covariance = gram / count - mean[:, None] * mean
    mixed = head * (gain * torch.rsqrt(covariance.diagonal() + BATCH_NORM_EPS))
    variance = ((mixed @ covariance) * mixed).sum(1)
    matrix = mixed * (head_gain * torch.rsqrt(variance + BATCH_NORM_EPS))[:, None]
    return matrix, head_shift - matrix @ mean


class WinogradNetwork:
    """The network on one image.

    Parameters
    ----------
    image : Tensor of float32, shape (1, bands, H, W)
        On the CPU.
    weights : Weights
        Looked up at each call, so that they may be changed in place.
    bands : Bands
        Shares the work out.
    """

    def __init__(self, image: Tensor, weights: Weights, bands: Bands) -> None:
        self.weights = weights
        self._bands = bands
        self._height, self._columns = image.shape[2:]
        self._count = self._height * self._columns
        channels = len(weights.head)
        tiles = -(-self._columns // 4)
        self._rows = -(-self._height // 4) * 4
        self._tiles = tiles
        width = 4 * tiles + 2
        self._shape = (self._rows, 4 * tiles, channels)
        self._patches = _patches(image, self._rows, 4 * tiles)  # (rows * columns, 9 * bands + 1)

        def features() -> Tensor:
            return torch.zeros(self._rows + 2, width, channels)

        self._features = [features() for _ in weights.convs]
        self._grad = features()  # of what goes into a ReLU
        self._flat = torch.empty(self._shape)  # the response, then the gradient of features
        self._step = 4 * -(-self._rows // (4 * _TASKS))
        self._free: list[_Scratch] = []
        self._maps: list[tuple[Tensor, Tensor]] = []
        self._leaves: list[list[Tensor]] = []

    def forward(self) -> Tensor:
        """Return the response of every pixel, (H, W, C)."""
        w = self.weights
        self._maps, self._leaves = [], []
        stem = torch.cat([w.convs[0].flatten(1), w.biases[0][:, None]], 1).T.contiguous()
        moments = self._sum(partial(self._first, stem=stem))
        for k in range(1, len(w.convs)):
            self._keep(_scale, *moments, w.gains[k - 1], w.shifts[k - 1])
            moments = self._sum(partial(self._conv, k=k, matrices=_to_tiles(w.convs[k])))
        self._keep(_fold, *moments, w.gains[-1], w.head, w.head_gain, w.head_shift)
        matrix, term = self._map(-1)
        self._each(partial(self._respond, matrix=matrix.T.contiguous(), term=term))
        return self._flat[: self._height, : self._columns]

    def backward(self, grad: Tensor) -> list[Tensor]:
        """Return the gradients of `Weights.flat`; ``grad`` is read only."""
        w = self.weights
        sums, gram, gain, *head = self._map_back(-1, *self._sum(partial(self._head, grad=grad)))
        mixed, offset = (gram + gram.T).float(), sums.float()
        (bias,) = self._sum(partial(self._back, grad=grad, mixed=mixed, offset=offset))
        convs: list[Tensor] = []
        shifts: list[Tensor] = []
        biases, gains = [bias], [gain]
        for k in range(len(w.convs) - 1, 0, -1):
            matrices = _to_tiles(w.convs[k].transpose(0, 1).flip(2, 3))
            filters, *map_grads = self._sum(partial(self._conv_back, k=k, matrices=matrices))
            sums, squares, gain, shift = self._map_back(k - 1, *map_grads)
            slope, offset = 2 * squares.float(), sums.float()
            (bias,) = self._sum(partial(self._through, k=k - 1, slope=slope, offset=offset))
            convs.insert(0, _from_tiles(filters))
            biases.insert(0, bias)
            gains.insert(0, gain)
            shifts.insert(0, shift)
        (stem,) = self._sum(self._first_back)
        convs.insert(0, stem[:, :-1].view_as(w.convs[0]))
        return [t.float() for t in (*convs, *biases, *gains, *shifts, *head)]

    def _keep(self, function: Callable[..., tuple[Tensor, Tensor]], *inputs: Tensor) -> None:
        """Make one of the small maps, and remember what it was made of."""
        leaves = [tensor.double().requires_grad_() for tensor in inputs]
        with torch.enable_grad():
            self._maps.append(function(self._count, *leaves))
        self._leaves.append(leaves)

    def _map(self, k: int) -> tuple[Tensor, Tensor]:
        factor, term = self._maps[k]
        return factor.detach().float(), term.detach().float()

    def _map_back(self, k: int, *grads: Tensor) -> tuple[Tensor, ...]:
        """Gradients of what a small map was made of."""
        return torch.autograd.grad(self._maps[k], self._leaves[k], grads)

    def _each(self, work: Callable[[int, int], object]) -> None:
        self._bands(work, self._rows, self._step)

    def _sum(self, work: Callable[[int, int], tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        """Add up what is returned for each few bands, in float64."""
        first, *others = self._bands(work, self._rows, self._step)
        totals = tuple(part.double() for part in first)
        for parts in others:
            for total, part in zip(totals, parts, strict=True):
                total += part
        return totals

    def _scratch(self) -> _Scratch:
        try:
            return self._free.pop()
        except IndexError:
            return _Scratch(self._tiles, self._shape[2])

    def _inside(self, k: int, row: int) -> Tensor:
        """One row of features, without what lies around the image, (columns, C)."""
        return self._features[k][row + 1, 1 : 1 + self._columns]

    def _image_rows(self, start: int, stop: int) -> range:
        return range(start, min(stop, self._height))

    def _finish(self, values: Tensor, bias: Tensor, row: int, k: int) -> tuple[Tensor, ...]:
        """Bias and ReLU of a band, (4, columns, C), into the features.

        Returns the sums of these, and of their squares; of all products in the last block.
        """
        sums = torch.zeros(2, values.shape[2])
        features = self._features[k].numpy()
        size = self._height, self._columns
        passes.rectify(values.numpy(), bias.numpy(), features, row, *size, sums.numpy())
        if k < len(self._features) - 1:
            return sums[0], sums[1]
        gram = torch.zeros(values.shape[2], values.shape[2])
        for at in self._image_rows(row, row + 4):
            inside = self._inside(k, at)
            gram.addmm_(inside.T, inside)
        return sums[0], gram

    def _first(self, start: int, stop: int, stem: Tensor) -> tuple[Tensor, ...]:
        columns = self._shape[1]
        none = torch.zeros(self._shape[2])
        moments = []
        for row in range(start, stop, 4):
            patches = self._patches[row * columns : (row + 4) * columns]
            rows = (patches @ stem).view(4, columns, -1)
            moments.append(self._finish(rows, none, row, 0))
        return _added(moments)

    def _halo(self, row: int, k: int, scratch: _Scratch) -> Tensor:
        """The normalised features around a band, zero outside of the image, (6, width, C)."""
        factor, term = self._map(k)
        top, bottom = max(row, 1), min(row + 6, self._height + 1)
        halo = scratch.halo.zero_() if top > row or bottom < row + 6 else scratch.halo
        inside = slice(1, self._columns + 1)
        source = self._features[k][top:bottom, inside]
        torch.addcmul(term, source, factor, out=halo[top - row : bottom - row, inside])
        return halo

    def _conv(self, start: int, stop: int, k: int, matrices: Tensor) -> tuple[Tensor, ...]:
        scratch = self._scratch()
        moments = []
        for row in range(start, stop, 4):
            rows = scratch.multiply(self._halo(row, k - 1, scratch), matrices)
            moments.append(self._finish(rows, self.weights.biases[k], row, k))
        self._free.append(scratch)
        return _added(moments)

    def _respond(self, start: int, stop: int, matrix: Tensor, term: Tensor) -> None:
        for row in self._image_rows(start, stop):
            out = self._flat[row, : self._columns]
            torch.addmm(term, self._inside(-1, row), matrix, out=out)

    def _head(self, start: int, stop: int, grad: Tensor) -> tuple[Tensor, ...]:
        """Gradient of the last map."""
        matrix, term = (torch.zeros_like(part) for part in self._map(-1))
        ones = torch.ones(self._columns)
        for row in self._image_rows(start, stop):
            matrix.addmm_(grad[row].T, self._inside(-1, row))
            term.addmv_(grad[row].T, ones)
        return matrix, term

    def _back(
        self, start: int, stop: int, grad: Tensor, mixed: Tensor, offset: Tensor
    ) -> tuple[Tensor, ...]:
        """Through the last map and ReLU; returns the sum over pixels."""
        matrix, total = self._map(-1)[0], torch.zeros_like(offset)
        for row in self._image_rows(start, stop):
            inside = self._inside(-1, row)
            out = torch.addmm(offset, inside, mixed).addmm_(grad[row], matrix)
            passes.rectify_back(
                out.numpy(), self._features[-1].numpy(), self._grad.numpy(), row, total.numpy()
            )
        return (total,)

    def _conv_back(self, start: int, stop: int, k: int, matrices: Tensor) -> tuple[Tensor, ...]:
        """Through a convolution; returns the gradients of its filters and of the map before."""
        scratch = self._scratch()
        filters, sums = torch.zeros_like(matrices), []
        for row in range(start, stop, 4):
            halo = self._halo(row, k - 1, scratch)
            scratch.correlate(halo, self._grad[row + 1 : row + 5], filters)
            rows = scratch.multiply(self._grad[row : row + 6], matrices)
            totals = torch.zeros(2, rows.shape[2])
            features, size = self._features[k - 1].numpy(), (self._height, self._columns)
            passes.keep(rows.numpy(), self._flat.numpy(), features, row, *size, totals.numpy())
            sums.append((totals[0], totals[1]))
        self._free.append(scratch)
        return filters, *_added(sums)

    def _through(
        self, start: int, stop: int, k: int, slope: Tensor, offset: Tensor
    ) -> tuple[Tensor, ...]:
        """Through a batch normalisation and the ReLU before; returns the sum over pixels."""
        total = torch.zeros_like(offset)
        rows = start, min(stop, self._height), self._columns
        small = (tensor.numpy() for tensor in (self._map(k)[0], slope, offset, total))
        large = (tensor.numpy() for tensor in (self._flat, self._features[k], self._grad))
        passes.through(*large, *rows, *small)
        return (total,)

    def _first_back(self, start: int, stop: int) -> tuple[Tensor, ...]:
        columns = self._shape[1]
        total = torch.zeros(self._shape[2], self._patches.shape[1])
        for row in range(start, stop, 4):
            grad = self._grad[row + 1 : row + 5, 1:-1].reshape(4 * columns, -1)
            total.addmm_(grad.T, self._patches[row * columns : (row + 4) * columns])
        return (total,)


def _added(parts: Sequence[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    return tuple(torch.stack(part).sum(0) for part in zip(*parts, strict=True))


def _patches(image: Tensor, rows: int, columns: int) -> Tensor:
    """The 3×3 neighbourhood of each pixel and a 1, or zeros beyond the image."""
    _, bands, height, width = image.shape
    patches = image.new_zeros(rows, columns, 9 * bands + 1)
    unfolded = torch.nn.functional.unfold(image, 3, padding=1)  # (1, 9 * bands, H * W)
    patches[:height, :width, :-1] = unfolded[0].T.view(height, width, -1)
    patches[:height, :width, -1] = 1
    return patches.view(rows * columns, -1)
