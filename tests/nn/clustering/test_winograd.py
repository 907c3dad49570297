from __future__ import annotations

import pytest
import torch

from segprior.nn.clustering.network import PlainNetwork, draw_weights
from segprior.nn.clustering.winograd import WinogradNetwork
from segprior.runtime.bands import Bands, banded


def both(
    shape: tuple[int, int], channels: int, blocks: int, bands: int = 3
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Response and gradients by the bands in float32, and by autograd in float64."""
    source = torch.Generator().manual_seed(1)
    weights = draw_weights(bands, channels, blocks, "uniform", 3)
    image = torch.rand(1, bands, *shape, generator=source)
    grad = torch.randn(*shape, channels, generator=source) / (shape[0] * shape[1])
    plain = PlainNetwork(image.double(), weights.map(torch.Tensor.double))
    expected = [plain.forward(), *plain.backward(grad.double())]
    with torch.no_grad(), banded() as shared:
        quick = WinogradNetwork(image, weights, shared)
        found = [quick.forward().clone(), *quick.backward(grad)]
    return found, expected


@pytest.mark.parametrize("blocks", [1, 2, 3])
@pytest.mark.parametrize("shape", [(8, 8), (13, 18), (15, 11)])
def test_it_is_the_plain_network(shape: tuple[int, int], blocks: int) -> None:
    found, expected = both(shape, 12, blocks, bands=1 if blocks == 3 else 4)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        error = (one - other).norm() / other.norm()
        assert error < 1e-4


def test_the_number_of_threads_changes_no_byte() -> None:
    before = torch.get_num_threads()
    runs = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            runs.append(both((30, 21), 20, 2)[0])
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    for run in runs[1:]:
        assert all(torch.equal(one, other) for one, other in zip(runs[0], run, strict=True))


def test_a_second_pass_forgets_the_first() -> None:
    weights = draw_weights(3, 8, 2, "normal", 0)
    image = torch.rand(1, 3, 9, 14, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        network = WinogradNetwork(image, weights, Bands(None))
        first = network.forward().clone()
        gradients = network.backward(torch.ones(9, 14, 8))
        assert torch.equal(network.forward(), first)
        again = network.backward(torch.ones(9, 14, 8))
    assert all(torch.equal(one, other) for one, other in zip(gradients, again, strict=True))
