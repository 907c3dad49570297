"""Time the same prior made by the plain loop and by ``fit_prior(preset="published")``.

    python benchmarks/prior.py [IMAGE] [--rows 480 --columns 320] [--members 11] [--iterations 50]
                               [--rounds 3]

Both sides run in one process, one after the other, ``--rounds`` times; the ratio printed is that
of the medians. With 11 members and 50 iterations it also tells whether the two give the same
prior: PSNR between the two medians, beside that between two seeds of the plain loop.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from plain import plain_members
from skimage.metrics import peak_signal_noise_ratio

import segprior
from segprior.images import as_image, resize


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", nargs="?", help="default: scikit-image's coffee")
    parser.add_argument("--rows", type=int, default=480)
    parser.add_argument("--columns", type=int, default=320)
    parser.add_argument("--members", type=int, default=11)
    parser.add_argument("--iterations", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    if options.image is None:
        from skimage.data import coffee

        options.image = coffee()
    image = resize(as_image(options.image), (options.rows, options.columns))
    counts = {"members": options.members, "iterations": options.iterations}
    print(
        f"{options.rows}x{options.columns}, {counts}, torch {torch.__version__}, "
        f"{torch.get_num_threads()} threads"
    )
    segprior.fit_prior(image, members=1, iterations=2)  # loads what is loaded lazily
    plain_members(image, 1, 2, 0)

    seconds: dict[str, list[float]] = {"plain": [], "segprior": []}
    priors: dict[str, list[np.ndarray]] = {"plain": [], "segprior": []}
    for round_ in range(options.rounds):
        start = time.perf_counter()
        members = plain_members(image, options.members, options.iterations, seed=round_)
        seconds["plain"].append(time.perf_counter() - start)
        priors["plain"].append(np.median(members, axis=0))
        start = time.perf_counter()
        prior = segprior.fit_prior(image, preset="published", rng=round_, **counts)
        seconds["segprior"].append(time.perf_counter() - start)
        priors["segprior"].append(prior.image)
        print(
            f"round {round_ + 1}: plain {seconds['plain'][-1]:.1f} s, "
            f"segprior {seconds['segprior'][-1]:.1f} s, "
            f"ratio {seconds['plain'][-1] / seconds['segprior'][-1]:.2f}",
            flush=True,
        )
    steps = options.members * options.iterations
    for side, times in seconds.items():
        print(
            f"{side:>9}: median {np.median(times):.2f} s, "
            f"{1e3 * np.median(times) / steps:.1f} ms per member and iteration"
        )
    print(f"    ratio: {np.median(seconds['plain']) / np.median(seconds['segprior']):.2f}")

    def psnr(a: np.ndarray, b: np.ndarray) -> float:
        return float(peak_signal_noise_ratio(a, b, data_range=1))

    across = [psnr(a, b) for a, b in zip(priors["plain"], priors["segprior"], strict=True)]
    print(f"PSNR of segprior's prior against the plain one: {np.mean(across):.1f} dB")
    if options.rounds > 1:
        plain = priors["plain"]
        between = [psnr(a, b) for k, a in enumerate(plain) for b in plain[:k]]
        print(f"PSNR between two seeds of the plain loop: {np.mean(between):.1f} dB")


if __name__ == "__main__":
    main()
