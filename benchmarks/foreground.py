"""Time the preset ``dsp`` against the published method written plainly.

    python benchmarks/foreground.py [IMAGE] [--rows 321 --columns 481] [--rounds 3]

One side is 11 members of 50 iterations in a plain PyTorch loop and K-means on all 7x7 windows; the
other the preset ``dsp`` of ``segprior.foreground``, once as a function and once as the command,
from the start of the process to the file. Interleaved; the ratios are those of the medians.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from plain import crop_to_multiple, plain_mask, plain_members, sample

import segprior
from segprior.io.pictures import save_picture


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratios(rounds: int, small: bool = False) -> dict[str, float]:
    """How many times faster than the plain side: for the runner."""
    size = ["--rows", "64", "--columns", "64"] if small else []
    found = measure(parsed(["--rounds", str(rounds), *size]))
    return {f"foreground, {name}": ratio for name, ratio in found.items()}


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", nargs="?", help="default: scikit-image's coffee")
    parser.add_argument("--rows", type=int, default=321)
    parser.add_argument("--columns", type=int, default=481)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args(words)


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Time all sides, print what was found, and return the ratios."""
    image = sample(options.image, options.rows, options.columns)
    with tempfile.TemporaryDirectory() as folder:
        source, mask = Path(folder) / "photo.png", Path(folder) / "mask.png"
        save_picture(source, image)
        command = [sys.executable, "-m", "segprior", "foreground", source, "-o", mask, "-q"]
        command += ["--preset", "dsp"]
        sides: dict[str, Callable[[], object]] = {
            "plain": lambda: plain_mask(np.median(plain_members(cropped, 11, 50, 0), axis=0)),
            "function": lambda: segprior.foreground(image, preset="dsp"),
            "command": lambda: subprocess.run(command, check=True),
        }
        cropped = crop_to_multiple(image, 8)
        segprior.foreground(image, preset="dsp")  # loads what is loaded lazily
        times: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(options.rounds):
            for name, work in sides.items():
                times[name].append(seconds(work))
            print({name: round(values[-1], 2) for name, values in times.items()}, flush=True)
    medians = {name: float(np.median(values)) for name, values in times.items()}
    found = {name: medians["plain"] / medians[name] for name in ("function", "command")}
    for name, ratio in found.items():
        print(f"{name}: {medians[name]:.2f} s, {ratio:.1f} times faster")
    return found


if __name__ == "__main__":
    measure(parsed(sys.argv[1:]))
