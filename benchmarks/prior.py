"""Time the same prior made by the plain loop and by ``fit_prior(preset="published")``.

    python benchmarks/prior.py [IMAGE] [--rows 480 --columns 320] [--members 11] [--iterations 50]
                               [--rounds 3]

The sides take turns, ``--rounds`` times, each in a process of its own, because the plain loop would
gain from how ``segprior.runtime.malloc`` leaves the process; ``--together`` runs both in this one.
The ratio printed is that of the medians. It also tells whether the two give the same prior: PSNR
between their medians over members, beside that between two seeds of the plain loop.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import time

import numpy as np
import torch
from plain import plain_members, sample
from skimage.metrics import peak_signal_noise_ratio

import segprior


def run(options: argparse.Namespace, side: str, seed: int) -> tuple[float, np.ndarray]:
    """Seconds and prior of one side, after a small fit that loads what is loaded lazily."""
    image = sample(options.image, options.rows, options.columns)

    def work(members: int, iterations: int) -> np.ndarray:
        if side == "plain":
            return np.median(plain_members(image, members, iterations, seed), axis=0)
        counts = {"members": members, "iterations": iterations}
        return segprior.fit_prior(image, preset="published", rng=seed, **counts).image

    work(1, 2)
    start = time.perf_counter()
    prior = work(options.members, options.iterations)
    return time.perf_counter() - start, prior


def run_apart(options: argparse.Namespace, side: str, seed: int) -> tuple[float, np.ndarray]:
    """The same in a process of its own."""
    words = [*options.words, "--side", side, "--seed", str(seed)]
    command = [sys.executable, __file__, *words]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    with np.load(io.BytesIO(output)) as arrays:
        return float(arrays["seconds"]), arrays["prior"]


def ratios(rounds: int, small: bool = False) -> dict[str, float]:
    """How many times faster than the plain loop: for the runner."""
    size = ["--rows", "64", "--columns", "64", "--members", "2", "--iterations", "3"]
    return {"prior": measure(parsed(["--rounds", str(rounds), *(size if small else [])]))}


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", nargs="?", help="default: scikit-image's coffee")
    parser.add_argument("--rows", type=int, default=480)
    parser.add_argument("--columns", type=int, default=320)
    parser.add_argument("--members", type=int, default=11)
    parser.add_argument("--iterations", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--side", choices=["plain", "segprior"], help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    options.words = words
    return options


def main() -> None:
    options = parsed(sys.argv[1:])
    if options.side:
        taken, prior = run(options, options.side, options.seed)
        np.savez(sys.stdout.buffer, seconds=taken, prior=prior)
    else:
        measure(options)


def measure(options: argparse.Namespace) -> float:
    """Time both sides, print what was found, and return the ratio."""
    print(
        f"{options.rows}x{options.columns}, {options.members} members, {options.iterations} "
        f"iterations, torch {torch.__version__}, {torch.get_num_threads()} threads, "
        f"{'one process' if options.together else 'a process each'}"
    )
    seconds: dict[str, list[float]] = {"plain": [], "segprior": []}
    priors: dict[str, list[np.ndarray]] = {"plain": [], "segprior": []}
    for seed in range(options.rounds):
        for side in seconds:
            taken, prior = (run if options.together else run_apart)(options, side, seed)
            seconds[side].append(taken)
            priors[side].append(prior)
        print({side: round(times[-1], 1) for side, times in seconds.items()}, flush=True)
    steps = options.members * options.iterations
    for side, times in seconds.items():
        print(
            f"{side:>9}: median {np.median(times):.2f} s, "
            f"{1e3 * np.median(times) / steps:.1f} ms per member and iteration"
        )
    ratio = float(np.median(seconds["plain"]) / np.median(seconds["segprior"]))
    print(f"    ratio: {ratio:.2f}")

    def psnr(a: np.ndarray, b: np.ndarray) -> float:
        return float(peak_signal_noise_ratio(a, b, data_range=1))

    across = [psnr(a, b) for a, b in zip(priors["plain"], priors["segprior"], strict=True)]
    print(f"PSNR of segprior's prior against the plain one: {np.mean(across):.1f} dB")
    if options.rounds > 1:
        plain = priors["plain"]
        between = [psnr(a, b) for k, a in enumerate(plain) for b in plain[:k]]
        print(f"PSNR between two seeds of the plain loop: {np.mean(between):.1f} dB")
    return ratio


if __name__ == "__main__":
    main()
