"""The generator against the same network written with PyTorch's own modules."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import torch

from segprior.nn.shared.initial import BLOCKS
from segprior.nn.torch.generator import Generator


def plain_generator() -> Any:
    path = Path(__file__).parents[3] / "benchmarks" / "plain.py"
    spec = importlib.util.spec_from_file_location("plain", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["plain"] = module
    spec.loader.exec_module(module)
    return module.PlainGenerator()


def copy_weights(network: Generator, plain: Any) -> None:
    """Give the plain network the weights of ours, and random values where ours has none."""
    convs: list[Any] = [m for m in plain.modules() if isinstance(m, torch.nn.Conv2d)]
    norms: list[Any] = [m for m in plain.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    with torch.no_grad():
        for module in [*convs, *norms]:
            module.bias.uniform_(-1, 1)
        for block in network.blocks.values():
            p: dict[str, Any] = dict(block.named_parameters())
            for i in (1, 2):
                convs.pop(0).weight.copy_(p[f"conv{i}"])
            if "gain0" in p:
                norms.pop(0).weight.copy_(p["gain0"])
            for i in (1, 2):
                norm = norms.pop(0)
                norm.weight.copy_(p[f"gain{i}"])
                norm.bias.copy_(p[f"shift{i}"])
        convs[0].weight.copy_(network.head)
        convs[0].bias.copy_(network.head_bias)


def perturbed(network: Generator) -> Generator:
    """Move gains and shifts away from where they start, so that they matter."""
    source = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "gain" in name or "shift" in name:
                parameter.add_(torch.rand(parameter.shape, generator=source) - 0.5)
    return network


def test_it_has_the_published_parameters_but_for_those_without_effect() -> None:
    ours = sum(p.numel() for p in Generator([0], 3, 2).parameters())
    published = sum(p.numel() for p in plain_generator().parameters())
    assert published == 35_179
    # Biases before a batch normalisation, and the shift of one before a convolution.
    without_effect = 2 * (8 + 16 + 32) * 2 + (32 + 32 + 16)
    assert ours == published - without_effect


def test_it_computes_what_the_published_network_computes() -> None:
    network = perturbed(Generator([3], 3, 2)).double()
    plain = plain_generator().double()
    copy_weights(network, plain)
    noise = network.noise(64, 48, 0.01).double()
    torch.testing.assert_close(network(noise)[0], plain(noise), rtol=0, atol=1e-10)


def test_members_side_by_side_equal_members_alone() -> None:
    both = Generator([5, 9], 3, 2)
    output, blocks = both(both.noise(16, 24, 0.01))
    for place, seed in enumerate((5, 9)):
        alone = Generator([seed], 3, 2)
        expected, its_blocks = alone(alone.noise(16, 24, 0.01))
        torch.testing.assert_close(output[:, 3 * place : 3 * place + 3], expected)
        width = its_blocks["up2"].shape[1]
        part = blocks["up2"][:, width * place : width * (place + 1)]
        torch.testing.assert_close(part, its_blocks["up2"], rtol=1e-4, atol=1e-4)


def test_the_blocks_have_the_sizes_that_the_configuration_tells() -> None:
    network = Generator([0], 3, 2)
    _, blocks = network(network.noise(32, 48, 0.01))
    shapes = {name: tuple(x.shape[1:]) for name, x in blocks.items()}
    assert tuple(shapes) == BLOCKS
    assert shapes == {
        "down1": (8, 16, 24),
        "down2": (16, 8, 12),
        "down3": (32, 4, 6),
        "up3": (32, 8, 12),
        "up2": (16, 16, 24),
        "up1": (8, 32, 48),
    }
