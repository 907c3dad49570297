"""Time clustering by backpropagation: ours against the plain loop, in turns, in one process.

    python benchmarks/multiclass.py [IMAGE] [--rows 321 --columns 481] [--rounds 5]
    python benchmarks/multiclass.py [IMAGE] --whole

First one iteration (100 channels, 10,000 superpixels, the same weights on both sides) with losses
and label counts of both; the ratio is that of the medians. Seconds of the processor are told as
well, which a busy machine changes less. ``--whole`` is one image by the default preset and by
``backprop``, everything included, against the plain loop at full size: its seconds per iteration,
measured here, times the iterations until its stopping rule ends it, counted by running the same
loop in ours.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
import torch
from plain import sample
from plain_segment import plain_clusters, plain_network, plain_superpixels, set_weights

import segprior
from segprior.features.superpixels import find_superpixels
from segprior.methods.multiclass.config import SegmentConfig
from segprior.nn.clustering.training import cluster
from segprior.nn.clustering.weights import draw_weights


def timed(marks: list[float]) -> list[float]:
    return np.diff(marks).tolist()


def ours(image: np.ndarray, superpixels: np.ndarray, iterations: int) -> tuple[list[float], object]:
    """Seconds of each iteration but the first, and the clusters."""
    marks: list[float] = []
    config = SegmentConfig.preset("published", warmup=0, iterations=iterations)
    found = cluster(
        image, config.options, 0, "cpu", superpixels=superpixels, least=1,
        callback=lambda event: marks.append(time.perf_counter()),
    )  # fmt: skip
    return timed(marks), found


def plain(
    image: np.ndarray, superpixels: list[np.ndarray], iterations: int
) -> tuple[list[float], tuple[np.ndarray, list[int], list[float]]]:
    marks: list[float] = []
    network = plain_network(image.shape[2])
    set_weights(network, draw_weights(image.shape[2], 100, 2, "normal", 0))

    def mark(count: int) -> bool:
        marks.append(time.perf_counter())
        return False

    result = plain_clusters(image, superpixels, network, iterations, mark)
    return timed(marks), result


def ratios(rounds: int, small: bool = False) -> dict[str, float]:
    """How many times faster an iteration is than that of the plain loop: for the runner."""
    size = ["--rows", "64", "--columns", "64", "--iterations", "3"] if small else []
    return {"multiclass, iteration": measure(parsed(["--rounds", str(rounds), *size]))}


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", nargs="?", help="default: scikit-image's coffee")
    parser.add_argument("--rows", type=int, default=321)
    parser.add_argument("--columns", type=int, default=481)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=4, help="of each round")
    parser.add_argument("--whole", action="store_true")
    return parser.parse_args(words)


def measure(options: argparse.Namespace) -> float:
    """Time both sides, print what was found, and return the ratio of an iteration."""
    image = sample(options.image, options.rows, options.columns)
    superpixels = find_superpixels(image, n_superpixels=10_000, compactness=100)
    listed = plain_superpixels(image)
    print(f"{image.shape}, torch {torch.__version__}, {torch.get_num_threads()} threads")

    times: dict[str, list[float]] = {"plain": [], "segprior": []}
    busy = {"plain": 0.0, "segprior": 0.0}
    for number in range(options.rounds):
        begun = time.process_time()
        taken, (_, counts, losses) = plain(image, listed, options.iterations)
        times["plain"] += taken
        between = time.process_time()
        busy["plain"] += between - begun
        taken, found = ours(image, superpixels, options.iterations)
        times["segprior"] += taken
        busy["segprior"] += time.process_time() - between
        if number == 0:
            apart = np.abs(np.array(losses) / found.losses - 1).max()
            print(f"counts {counts} and {found.counts.tolist()}, losses within {apart:.1e}")
    for side, seconds in times.items():
        print(
            f"{side:>9}: median {np.median(seconds):.3f} s, best {min(seconds):.3f} s, "
            f"{busy[side] / options.rounds / options.iterations:.3f} s of the processor"
        )
    ratio = float(np.median(times["plain"]) / np.median(times["segprior"]))
    print(f"    ratio: {ratio:.2f} of the medians, "
          f"{min(times['plain']) / min(times['segprior']):.2f} of the best")  # fmt: skip
    if not options.whole:
        return ratio

    segprior.segment(image, preset="backprop", iterations=2)
    segprior.segment(image)
    taken_by = {}
    for preset in ("fast", "backprop"):
        start = time.perf_counter()
        quick = segprior.segment(image, preset=preset)
        taken_by[preset] = time.perf_counter() - start
        print(f"preset {preset}: {taken_by[preset]:.2f} s, {quick.n_labels} labels")
    full = SegmentConfig.preset("published", warmup=0, superpixels="image")
    rest = segprior.segment(image, config=full)
    iterations = len(rest.curves["labels"])
    plain_seconds = iterations * float(np.median(times["plain"]))
    print(f"plain loop: {iterations} iterations, {rest.n_labels} labels, {plain_seconds:.0f} s")
    for preset, seconds in taken_by.items():
        print(f"    ratio to {preset}: {plain_seconds / seconds:.1f}")
    return ratio


if __name__ == "__main__":
    measure(parsed(sys.argv[1:]))
