"""What each compiled operation of the prior could reach, and what it does: a roofline.

    python benchmarks/roofline.py [--rows 480 --columns 320] [--rounds 30]

One member on one thread. First what the thread can do: products of small matrices from the cache,
and reading and copying from the last cache and from memory. Then each operation over one iteration:
its arithmetic, the images it has to read and write, the longer of the two times that these would
take at full rate (images from memory), and which part of the time taken that is. Times are the best
of all rounds, since other processes take caches and memory away. ``SEGPRIOR_LOOPS=avx2`` or
``base`` shows the loops of another instruction set.
"""

from __future__ import annotations

import argparse
import ctypes
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from segprior.config.prior import PriorConfig
from segprior.nn.compiled.engine import CompiledEngine
from segprior.nn.shared.initial import BLOCKS, WIDTHS
from segprior.runtime import loops
from segprior.runtime.malloc import steady_heap

CHANNELS = 3


class Work(NamedTuple):
    """Of one operation of one block: floating point operations, and numbers read and written."""

    name: str
    flops: float
    numbers: float


def best_seconds(call: Callable[[], Any], rounds: int) -> float:
    call()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def limits(rounds: int) -> tuple[float, float]:
    """Print what one thread can do; FLOP/s of small products, and bytes/s out of memory."""
    peak = loops.function("peak_gflops", ctypes.c_double, result=ctypes.c_double)
    best = 1e9 * max(peak(0.2) for _ in range(5))
    print(f"{loops.described()}: products from the cache, {best / 1e9:.0f} GFLOP/s")
    rates = []
    for name, size in (("last cache", 4 << 20), ("memory", 160 << 20)):
        x = np.ones(size // 4, np.float32)
        y = np.empty_like(x)
        rates.append(size / best_seconds(lambda x=x: x.max(), rounds))  # type: ignore[misc]
        copied = 2 * size / best_seconds(lambda x=x, y=y: np.copyto(y, x), rounds)  # type: ignore[misc]
        print(f"{name}: reading {rates[-1] / 1e9:.0f} GB/s, copying {copied / 1e9:.0f} GB/s")
    return best, rates[1]


def operations(rows: int, columns: int) -> Iterator[Work]:
    """What one iteration consists of: products of channels, and enlarging, as it is done here."""
    into, pixels = PriorConfig().noise_channels, rows * columns
    for k, name in enumerate(BLOCKS):
        first, last = k == 0, k == len(BLOCKS) - 1
        if name.startswith("down"):
            width = WIDTHS[k]
            pixels //= 4
            out, shrink = pixels * width, 18.0 * pixels * into * width
            conv = 18.0 * pixels * width * width
            yield Work("conv3x3s2_forward", shrink, 4 * pixels * into + out)
            yield Work("conv3x3_forward", conv, 2 * out)
            yield Work("conv3x3_backward", 2 * conv, 4 * out)
            data = 4 * pixels * into * (1 if first else 2)
            yield Work("conv3x3s2_backward", shrink * (1 if first else 2), 2 * out + data)
        else:
            width = WIDTHS[len(BLOCKS) - 1 - k]
            small = pixels * into
            products = 18.0 * small * width
            pixels *= 4
            out, mixing = pixels * width, 2.0 * pixels * width * width
            enlarging = 24.0 * out  # columns of each row, and rows of three taps
            held = 0 if last else out  # the last block's second convolution is made again
            yield Work("upconv_forward", products + enlarging, 2 * small + out)
            yield Work("conv1x1_forward", mixing, out + held)
            yield Work(
                "conv1x1_backward", mixing * (3 if last else 2), (2 if last else 3) * out + held
            )
            yield Work("upconv_backward", 2 * products + enlarging, 2 * out + 4 * small)
        into = width
    heads = 4 * -(-CHANNELS // 4)
    image = CHANNELS * pixels
    products = 2.0 * pixels * into * (into + 3 * heads)  # both ways
    yield Work("head_forward", products, out + 2 * image)


def iteration(size: tuple[int, int], rounds: int) -> tuple[dict[str, float], float]:
    """Best milliseconds of each operation, and of a whole iteration."""
    picture = np.random.default_rng(0).random((*size, CHANNELS), np.float32)
    with steady_heap():
        engine = CompiledEngine(picture, 0, PriorConfig())
        found: dict[str, float] = {}
        whole = np.inf
        before = engine.generator.seconds()
        for _ in range(rounds + 2):
            start = time.perf_counter()
            engine.forward()
            engine.update()
            whole = min(whole, time.perf_counter() - start)
            now = engine.generator.seconds()
            for name, seconds in now.items():
                taken = 1e3 * (seconds - before[name])
                found[name] = min(taken, found.get(name, taken))
            before = now
    return found, 1e3 * whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=480)
    parser.add_argument("--columns", type=int, default=320)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    rate, bandwidth = limits(options.rounds)
    size = (options.rows, options.columns)
    found, whole = iteration(size, options.rounds)
    flops, moved = dict.fromkeys(found, 0.0), dict.fromkeys(found, 0.0)
    for work in operations(*size):
        flops[work.name] += work.flops
        moved[work.name] += 4 * work.numbers

    print(f"\n{size[0]}x{size[1]}, one member, one thread, one iteration")
    print("| operation | ms | MFLOP | MB | least ms: arithmetic | memory | share |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    bound, arithmetic, memory = 0.0, 0.0, 0.0
    # The way back through the head is part of its forward pass, where the target is known.
    done = {name: taken for name, taken in found.items() if taken}
    for name, taken in sorted(done.items(), key=lambda pair: -pair[1]):
        least = 1e3 * flops[name] / rate, 1e3 * moved[name] / bandwidth
        bound += max(least)
        arithmetic, memory = arithmetic + least[0], memory + least[1]
        print(f"| `{name}` | {taken:.2f} | {flops[name] / 1e6:.0f} | {moved[name] / 1e6:.1f} | "
              f"{least[0]:.2f} | {least[1]:.2f} | {max(least) / taken:.0%} |")  # fmt: skip
    rest = whole - sum(found.values())
    print(f"| between them: loss, Adam | {rest:.2f} | | | | | |")
    total = f"{sum(flops.values()) / 1e6:.0f} | {sum(moved.values()) / 1e6:.0f}"
    print(f"| all | {whole:.2f} | {total} "
          f"| {arithmetic:.2f} | {memory:.2f} | {bound:.2f} ms, {bound / whole:.0%} |")  # fmt: skip


if __name__ == "__main__":
    main()
