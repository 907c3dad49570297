from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from threadpoolctl import threadpool_limits

from segprior.nn.clustering.network import PlainResponse, draw_weights
from segprior.nn.clustering.winograd import WinogradResponse
from segprior.nn.clustering.winograd_transforms import FILTER, from_products, to_inputs
from segprior.runtime.bands import Bands, banded


def both(
    shape: tuple[int, int], channels: int, blocks: int, bands: int = 3
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Response and gradients by the bands in float32, and by autograd in float64."""
    source = torch.Generator().manual_seed(1)
    weights = draw_weights(bands, channels, blocks, "uniform", 3)
    image = torch.rand(1, bands, *shape, generator=source)
    grad = torch.randn(*shape, channels, generator=source) / (shape[0] * shape[1])
    plain = PlainResponse(image.double(), weights.map(torch.Tensor.double))
    expected = [plain.forward(), *plain.backward(grad.double())]
    with torch.no_grad(), banded() as shared:
        quick = WinogradResponse(image, weights, shared)
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
        network = WinogradResponse(image, weights, Bands(None))
        first = network.forward().clone()
        gradients = network.backward(torch.ones(9, 14, 8))
        assert torch.equal(network.forward(), first)
        again = network.backward(torch.ones(9, 14, 8))
    assert all(torch.equal(one, other) for one, other in zip(gradients, again, strict=True))


def test_tiles_hold_any_number_of_channels_from_eight_on() -> None:
    source = torch.Generator().manual_seed(0)
    for channels in (8, 11, 17):
        rows = torch.rand(6, 14, channels, generator=source)
        weight = torch.rand(channels, channels, 3, 3, generator=source)
        inputs, products = torch.empty(2, 36, 3, channels)
        to_inputs(rows.numpy(), inputs.numpy())
        taps = torch.from_numpy(FILTER)
        matrices = torch.einsum("ia,oqab,jb->ijqo", taps, weight.double(), taps).flatten(0, 1)
        torch.bmm(inputs, matrices.float(), out=products)
        found = torch.empty(4, 12, channels)
        from_products(products.numpy(), found.numpy())
        expected = F.conv2d(rows.permute(2, 0, 1)[None], weight)[0].permute(1, 2, 0)
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def test_weights_depend_on_the_seed_alone() -> None:
    one, same, other = (draw_weights(3, 6, 2, "normal", seed).flat() for seed in (5, 5, 6))
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one[0], other[0])


def test_weights_are_drawn_as_the_publications_do() -> None:
    normal = draw_weights(4, 200, 2, "normal", 0)
    assert normal.convs[1].std() == pytest.approx(0.02, rel=0.05)
    assert normal.gains[0].mean() == pytest.approx(1, abs=0.01)
    assert normal.gains[0].std() == pytest.approx(0.02, rel=0.3)
    assert normal.biases[0].abs().max() == pytest.approx(1 / 6, rel=0.05)
    uniform = draw_weights(4, 200, 2, "uniform", 0)
    assert uniform.convs[0].abs().max() == pytest.approx(1 / 6, rel=0.01)
    assert uniform.head.abs().max() == pytest.approx(200**-0.5, rel=0.01)
    assert (uniform.gains[0] == 1).all()


def test_an_error_in_a_band_is_raised() -> None:
    def work(start: int, stop: int) -> int:
        if start == 4:
            raise ValueError("band 4")
        return stop

    with threadpool_limits(2), banded() as bands:
        assert bands(lambda start, stop: stop, 10, 4) == [4, 8, 10]
        with pytest.raises(ValueError, match="band 4"):
            bands(work, 10, 4)
