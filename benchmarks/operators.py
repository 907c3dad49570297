"""Where the time of one iteration goes: plain PyTorch, and the compiled loops.

    python benchmarks/operators.py [--rows 480 --columns 320] [--iterations 10]

One member on one thread each. Beside it: what a large matrix product reaches on this processor, and
the time that the multiply-adds of one iteration would take at that rate.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable

import torch
from plain import PlainGenerator
from torch.nn.functional import l1_loss
from torch.profiler import ProfilerActivity, profile

from segprior.config.prior import PriorConfig
from segprior.nn.compiled.engine import CompiledEngine

GROUPS = {
    "convolution, forward": ("mkldnn_convolution", "_slow_conv2d_forward"),
    "convolution, backward": ("convolution_backward", "_slow_conv2d_backward"),
    "batch normalisation": ("native_batch_norm", "native_batch_norm_backward"),
    "leaky ReLU": ("leaky_relu", "leaky_relu_", "leaky_relu_backward"),
    "reflection padding": ("reflection_pad2d", "reflection_pad2d_backward"),
    "enlarging": ("upsample_bilinear2d", "upsample_bilinear2d_backward"),
    "copies and zeros": ("copy_", "fill_", "zero_"),
}


def peak() -> float:
    """Multiply-adds per second of a large product on one thread."""
    a = torch.randn(768, 768)
    start = time.perf_counter()
    for _ in range(30):
        a @ a
    return 30 * 768**3 / (time.perf_counter() - start)


def arithmetic(rows: int, columns: int) -> float:
    """Multiply-adds of the convolutions in one forward pass."""
    total = 0.0
    into, pixels = 2, rows * columns
    for width in (8, 16, 32):
        pixels //= 4
        total += pixels * 9 * width * (into + width)
        into = width
    for width in (32, 16, 8):
        pixels *= 4
        total += pixels * width * (9 * into + width)
        into = width
    return total + pixels * 3 * into


def milliseconds(step: Callable[[], None], iterations: int) -> Counter[str]:
    for _ in range(3):
        step()
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for _ in range(iterations):
            step()
    homes = {f"aten::{name}": group for group, names in GROUPS.items() for name in names}
    spent: Counter[str] = Counter()
    for row in profiler.key_averages():
        spent[homes.get(row.key, "all else")] += row.self_cpu_time_total / 1e3 / iterations
    return spent


def compiled_milliseconds(engine: CompiledEngine, iterations: int) -> Counter[str]:
    """Time in each compiled operation, and in what is between them."""
    for _ in range(3):
        engine.forward()
        engine.update()
    before = engine.generator.seconds()
    start = time.perf_counter()
    for _ in range(iterations):
        engine.forward()
        engine.update()
    whole = (time.perf_counter() - start) * 1e3 / iterations
    now = engine.generator.seconds()
    spent = Counter({name: (now[name] - before[name]) * 1e3 / iterations for name in now})
    spent["between them"] = whole - spent.total()
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=480)
    parser.add_argument("--columns", type=int, default=320)
    parser.add_argument("--iterations", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rate = peak()
    size = (options.rows, options.columns)
    target = torch.rand(1, 3, *size)

    noise = (torch.rand(1, 2, *size) - 0.5) / 100

    network = PlainGenerator()
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)

    def plain_step() -> None:
        optimiser.zero_grad()
        l1_loss(network(noise), target).backward()
        optimiser.step()

    plain = milliseconds(plain_step, options.iterations)

    picture = target[0].permute(1, 2, 0).contiguous().numpy()
    compiled = compiled_milliseconds(CompiledEngine(picture, 0, PriorConfig()), options.iterations)

    print(f"{options.rows}x{options.columns}, one member, one thread, ms per iteration")
    print("| operator of PyTorch | ms |\n| --- | --- |")
    for group in [*GROUPS, "all else"]:
        print(f"| {group} | {plain[group]:.1f} |")
    print(f"| all | {plain.total():.1f} |")
    print("\n| compiled operation | ms |\n| --- | --- |")
    for name, spent in compiled.most_common():
        print(f"| {name} | {spent:.1f} |")
    print(f"| all | {compiled.total():.1f} |")
    work = 3 * arithmetic(*size)
    print(f"\n{work / 1e6:.0f} million multiply-adds an iteration; a large product does "
          f"{2 * rate / 1e9:.0f} GFLOP/s: {1e3 * work / rate:.1f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
