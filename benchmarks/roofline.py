"""What each compiled operator of the prior could reach, and what it does: a roofline.

    python benchmarks/roofline.py [--rows 480 --columns 320] [--rounds 15]

One member on one thread. First what the thread can do: multiply-adds of a large matrix product, and
reading and copying from the last cache and from memory. Then each compiled function over one
iteration: its arithmetic, the tensors it has to read and write, the longer of the two times that
these would take at full rate (tensors from memory), and which part of the time taken that is. Last
the parts that the functions are made of, from the cache. Seconds are those of the thread, the best
of all rounds, since other processes take caches and memory away.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from segprior.config.prior import PriorConfig
from segprior.nn.compiled import conv, pointwise, row_ops, upconv
from segprior.nn.compiled.engine import CompiledEngine
from segprior.nn.compiled.matmul import add_dots_at, mix_at
from segprior.nn.shared.constants import LEAKY_SLOPE
from segprior.runtime.malloc import steady_heap

MODULES = (pointwise, conv, upconv)
FAST = {"fastmath": True, "error_model": "numpy"}


def best_seconds(call: Callable[[], Any], rounds: int) -> float:
    call()
    times = []
    for _ in range(rounds):
        start = time.thread_time()
        call()
        times.append(time.thread_time() - start)
    return min(times)


@njit(**FAST)
def total(x):  # type: ignore[no-untyped-def]
    s = np.float32(0)
    for j in range(x.size):
        s += x[j]
    return s


@njit(**FAST)
def doubled(y, x):  # type: ignore[no-untyped-def]
    for j in range(x.size):
        y[j] = 2 * x[j]


@njit(**FAST)
def products(y, w, x, places, times):  # type: ignore[no-untyped-def]
    for _ in range(times):
        mix_at(y.ctypes.data, y.shape[1], w, x.ctypes.data, places, y.shape[1])


@njit(**FAST)
def dots(g, a, b, places, times):  # type: ignore[no-untyped-def]
    for _ in range(times):
        add_dots_at(g, a.ctypes.data, a.shape[1], b.ctypes.data, places, a.shape[1])


def limits(rounds: int) -> tuple[float, float]:
    """Print what one thread can do; FLOP/s of the tiles, and bytes/s out of memory."""
    w, x = np.ones((36, 32, 4), np.float32), np.ones((32, 240), np.float32)
    y, places = np.empty((144, 240), np.float32), np.arange(32) * 960
    best = 2 * 144 * 32 * 240 * 50 / best_seconds(lambda: products(y, w, x, places, 50), rounds)
    print(f"tiles of products from the cache: {best / 1e9:.0f} GFLOP/s")
    rates = []
    for name, size in (("last cache", 4 << 20), ("memory", 160 << 20)):
        x = np.ones(size // 4, np.float32)
        y = np.empty_like(x)
        rates.append(size / best_seconds(lambda x=x: total(x), rounds))  # type: ignore[misc]
        copied = 2 * size / best_seconds(lambda x=x, y=y: doubled(y, x), rounds)  # type: ignore[misc]
        print(f"{name}: reading {rates[-1] / 1e9:.0f} GB/s, copying {copied / 1e9:.0f} GB/s")
    return best, rates[1]


@dataclass
class Work:
    """Of one function over one iteration."""

    milliseconds: float = 0.0
    flops: float = 0.0
    bytes: float = 0.0


def flops(name: str, given: tuple[Any, ...]) -> float:
    """Arithmetic of a call: products of channels, and enlarging, as it is done here."""
    sizes = [x.shape for x in given if isinstance(x, np.ndarray)]
    if name in ("conv_forward", "shrink_forward"):
        (r, o, n), (_, c, _) = sizes[:2]
        return 18.0 * r * n * o * c
    if name in ("conv_backward", "shrink_backward"):
        (_, o, _), c = given[3].shape, given[4].shape[1]
        pixels = given[3].shape[0] * given[3].shape[2]
        return 18.0 * pixels * o * c * (2 if given[0].size else 1)
    if name in ("enlarge_forward", "enlarge_backward"):
        forward = name == "enlarge_forward"
        z, x = (given[0], given[1]) if forward else (given[3], given[4])
        (r, o, n), (h, c, w) = z.shape, x.shape
        between = o * n * (12.0 * r + 24.0 * h)  # columns of each row; rows of three taps
        return 18.0 * h * w * o * c * (1 if forward else 2) + between
    if name == "pointwise_forward":
        r, c, n = given[1].shape
        return 2.0 * r * n * c * 4 * given[2].shape[0]
    if name == "pointwise_backward":
        r, c, n = given[3].shape
        return 2.0 * r * n * c * given[1].shape[0] * (2 if given[2].size else 3)
    if name in ("head_forward", "head_backward"):
        z = given[1] if name == "head_forward" else given[5]
        r, c, n = z.shape
        heads = 4 * given[3].shape[0] if name == "head_forward" else given[1].shape[0]
        return 2.0 * r * n * c * (c + heads * (1 if name == "head_forward" else 2))
    return 6.0 * max(x.size for x in given if isinstance(x, np.ndarray))


def iteration(size: tuple[int, int], rounds: int) -> tuple[dict[str, Work], float]:
    """Work and time of each function, and the time of a whole iteration."""
    picture = np.random.default_rng(0).random((*size, 3), np.float32)
    spent: list[tuple[str, float]] = []
    found: dict[str, Work] = {}
    counting = False

    def watched(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            start = time.thread_time()
            result = function(*given)
            spent.append((name, time.thread_time() - start))
            if counting:
                work = found.setdefault(name, Work())
                work.flops += flops(name, given)
                large = {id(x): x for x in given if isinstance(x, np.ndarray) and x.ndim == 3}
                work.bytes += sum(x.nbytes for x in large.values())
            return result

        return call

    with steady_heap():
        engine = CompiledEngine(picture, 0, PriorConfig())
        for _ in range(3):
            engine.forward()
            engine.update()
        for module in MODULES:
            for name in module.__all__:
                setattr(module, name, watched(name, getattr(module, name)))
        times, wholes = [], []
        for turn in range(rounds):
            spent.clear()
            counting = turn == 0
            start = time.thread_time()
            engine.forward()
            engine.update()
            wholes.append(time.thread_time() - start)
            times.append([seconds for _, seconds in spent])
    for (name, _), seconds in zip(spent, np.min(times, axis=0), strict=True):
        found[name].milliseconds += 1e3 * float(seconds)
    return found, 1e3 * min(wholes)


def parts(size: tuple[int, int]) -> list[tuple[str, Any, tuple[Any, ...], float, float]]:
    """Name, loop over the rows of the full size, arguments, FLOP and bytes of each part."""
    r, n = size
    c, half = 8, n // 2
    rng = np.random.default_rng(0)
    row, d = (rng.normal(size=(1, c, n)).astype(np.float32) for _ in range(2))
    band, norm = np.zeros((c, n + 2), np.float32), np.ones((4, c), np.float32)
    sums, moments_of = np.zeros((2, c)), np.zeros((3, c))
    wide = half + 16
    ring = rng.normal(size=(4, 9 * c, wide)).astype(np.float32)
    back = rng.normal(size=(8, 3 * c, wide)).astype(np.float32)
    t, spare = np.zeros((2, 3, wide), np.float32), np.zeros((2, 16), np.float32)
    far, turned = np.full((4, wide), 0.5, np.float32), np.full((8, wide), 0.5, np.float32)
    lines = np.full((8, 9), 0.5, np.float32)
    nine, apart = np.zeros((9 * c, wide), np.float32), np.zeros((2, wide), np.float32)
    slope = np.float32(LEAKY_SLOPE)
    moments, line_of, slope_back = row_ops.add_moments, conv._put_line, row_ops.slope_back
    norm_back, enlarge_rows = row_ops.put_norm_back, upconv._enlarge_rows
    enlarge_columns = upconv._enlarge_columns
    reduce_columns, reduce_rows = upconv._reduce_columns, upconv._reduce_rows

    @njit(**FAST)
    def moments_loop(z, sums):  # type: ignore[no-untyped-def]
        for _ in range(r):
            moments(sums, z[0], 0, n, 1)

    @njit(**FAST)
    def line_loop(band, z, norm):  # type: ignore[no-untyped-def]
        for _ in range(r):
            line_of(band, 0, z, 0, norm, slope)

    @njit(**FAST)
    def slope_loop(d, z, norm, sums):  # type: ignore[no-untyped-def]
        for _ in range(r):
            slope_back(d[0], z[0], 0, n, norm, sums)

    @njit(**FAST)
    def norm_loop(band, d, z, norm, sums):  # type: ignore[no-untyped-def]
        for _ in range(r):
            norm_back(band, 1, d[0], z[0], 0, r * n, norm, sums)

    @njit(**FAST)
    def enlarge_rows_loop(t, ring, far):  # type: ignore[no-untyped-def]
        for k in range(r // 2 * c):
            enlarge_rows(t, ring, k % c, 1, half + 2, far, 1 + k // c % 4, 9)

    @njit(**FAST)
    def enlarge_columns_loop(z, t, far, spare):  # type: ignore[no-untyped-def]
        for k in range(r * c):
            enlarge_columns(z, 0, k % c, t, k // c % 2, far, spare)

    @njit(**FAST)
    def reduce_columns_loop(back, apart, d, z, norm, sums, turned, spare):  # type: ignore[no-untyped-def]
        for k in range(r * c):
            reduce_columns(back, k % c, apart, d, z, 0, norm, sums, turned, spare)

    @njit(**FAST)
    def reduce_rows_loop(nine, back, lines):  # type: ignore[no-untyped-def]
        for k in range(r // 2 * c):
            reduce_rows(nine, 0, back, k % c, lines, 2 + k // c % 4, 9, half)

    pixels = float(r * n * c)
    return [
        ("moments", moments_loop, (row, moments_of), 4 * pixels, 8 * pixels),
        ("normalise, leaky ReLU, padding", line_loop, (band, row, norm), 4 * pixels, 8 * pixels),
        ("leaky ReLU back, sums", slope_loop, (d, row, norm, sums), 7 * pixels, 12 * pixels),
        ("normalisation back", norm_loop, (band, d, row, norm, sums), 5 * pixels, 12 * pixels),
        ("enlarging, rows", enlarge_rows_loop, (t, ring, far), 21 * pixels, 27 * pixels),
        ("enlarging, columns", enlarge_columns_loop, (row, t, far, spare[0]), 10.5 * pixels,
         22 * pixels),
        ("normalisation back and adjoint, columns", reduce_columns_loop,
         (back, apart, d, row, norm, sums, turned, spare), 15.5 * pixels, 36 * pixels),
        ("its adjoint, rows", reduce_rows_loop, (nine, back, lines), 15.75 * pixels,
         27 * pixels),
    ]  # fmt: skip


def tiles(rounds: int) -> list[tuple[str, float, float]]:
    """Name, FLOP/s and FLOP of the products of each kind, on the shapes of one iteration."""
    shapes = [
        ("3x3, forward and back to the data", True, (16, 144, 492)),
        ("3x3, back to the weights", False, (16, 144, 492)),
        ("nine taps of an enlarged image", True, (72, 16, 336)),
        ("the same, back to the data", True, (16, 72, 320)),
        ("the same, back to the weights", False, (72, 16, 320)),
        ("1x1", True, (8, 8, 320)),
        ("1x1, back to the weights", False, (8, 8, 320)),
    ]
    found = []
    for name, mixes, (o, i, n) in shapes:
        n = -(-n // 8) * 8
        stride = n + 16 if n % 32 == 0 else n
        x, places = np.ones((i, stride), np.float32), np.arange(i) * 4 * stride
        y, g = np.ones((o, n), np.float32), np.zeros((o, i), np.float32)
        w = np.ones((o // 4, i, 4), np.float32)
        work = 2.0 * o * i * n
        times = int(3e7 / work)
        call = (products, (y, w, x, places)) if mixes else (dots, (g, y, x, places))
        seconds = best_seconds(lambda call=call, k=times: call[0](*call[1], k), rounds)  # type: ignore[misc]
        found.append((name, work * times / seconds, work))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=480)
    parser.add_argument("--columns", type=int, default=320)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    size = (options.rows, options.columns)
    rate, bandwidth = limits(options.rounds)
    inner = [
        (name, 1e3 * best_seconds(lambda f=loop, g=given: f(*g), options.rounds), work, moved)  # type: ignore[misc]
        for name, loop, given, work, moved in parts(size)
    ]
    kinds = tiles(options.rounds)
    rate = max(rate, *(reached for _, reached, _ in kinds))
    print(f"peak, the best of all products: {rate / 1e9:.0f} GFLOP/s")
    found, whole = iteration(size, options.rounds)

    print(f"\n{size[0]}x{size[1]}, one member, one thread, one iteration")
    print("| function | ms | MFLOP | MB | least ms: arithmetic | memory | share |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    bound, arithmetic, memory = 0.0, 0.0, 0.0
    for name, work in sorted(found.items(), key=lambda pair: -pair[1].milliseconds):
        least = 1e3 * work.flops / rate, 1e3 * work.bytes / bandwidth
        bound += max(least)
        arithmetic, memory = arithmetic + least[0], memory + least[1]
        print(f"| {name} | {work.milliseconds:.2f} | {work.flops / 1e6:.0f} | "
              f"{work.bytes / 1e6:.1f} | {least[0]:.2f} | {least[1]:.2f} | "
              f"{max(least) / work.milliseconds:.0%} |")  # fmt: skip
    rest = whole - sum(work.milliseconds for work in found.values())
    print(f"| between them (NumPy, Adam) | {rest:.2f} | | | | | |")
    print(f"| all | {whole:.2f} | | | {arithmetic:.2f} | {memory:.2f} | "
          f"{bound:.2f} ms, {bound / whole:.0%} |")  # fmt: skip

    print("\n| products, from the cache | GFLOP/s | share |\n| --- | --- | --- |")
    for name, reached, _ in kinds:
        print(f"| {name} | {reached / 1e9:.0f} | {reached / rate:.0%} |")
    print("\n| pass over all rows, 8 channels, from the cache | ms | GFLOP/s | GB/s |")
    print("| --- | --- | --- | --- |")
    for name, ms, work, moved in inner:
        print(f"| {name} | {ms:.2f} | {work / ms / 1e6:.0f} | {moved / ms / 1e6:.0f} |")


if __name__ == "__main__":
    main()
