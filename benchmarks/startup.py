"""Time whole processes: ``segprior --help``, masks and segments of a 256x256 picture.

    python benchmarks/startup.py [IMAGE] [--rounds 5]

From the start of the process to its end, in turns, and
beside them the import of PyTorch alone, which is what the ratios are to: of the medians. The aim
for a mask, by default and by the preset ``dsp``, which fits a prior, is under 4 seconds.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from plain import sample

from segprior.io.pictures import save_picture

SIDE = 256


def ratios(rounds: int, small: bool = False) -> dict[str, float]:
    """How many times faster than importing PyTorch: for the runner."""
    found = measure(parsed(["--rounds", str(1 if small else max(rounds, 5))]))
    return {f"start-up, {name}": ratio for name, ratio in found.items()}


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", nargs="?", help="default: scikit-image's coffee")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args(words)


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Time all sides, print what was found, and return the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        source, mask = Path(folder, "photo.png"), Path(folder, "mask.png")
        save_picture(source, sample(options.image, SIDE, SIDE))
        make = ["-m", "segprior", "foreground", source, "-o", mask, "-q"]
        sides = {
            "torch": ["-c", "import torch"],
            "help": ["-m", "segprior", "--help"],
            "mask": make,
            "mask of the prior": [*make, "--preset", "dsp"],
            "segments": ["-m", "segprior", "segment", source, "-o", mask, "-q"],
            "help of a command": ["-m", "segprior", "segment", "--help"],
        }
        times: dict[str, list[float]] = {name: [] for name in sides}
        work: dict[str, list[float]] = {name: [] for name in sides}
        for number in range(options.rounds + 1):
            for name, words in sides.items():
                before, start = spent(), time.perf_counter()
                subprocess.run(
                    [sys.executable, *words], check=True, stdout=subprocess.DEVNULL
                )  # fmt: skip
                if number:  # the first compiles, and fills the disk's cache
                    times[name].append(time.perf_counter() - start)
                    work[name].append(spent() - before)
    medians = {name: float(np.median(taken)) for name, taken in times.items()}
    print(f"import torch: {medians['torch']:.2f} s")
    found = {name: medians["torch"] / medians[name] for name in sides if name != "torch"}
    for name, ratio in found.items():
        worst = max(times[name])
        processor = np.median(work[name])
        print(
            f"{name}: {medians[name]:.2f} s, at most {worst:.2f} s, of the processor "
            f"{processor:.2f} s, ratio {ratio:.2f}"
        )
    return found


def spent() -> float:
    """Seconds of the processor that processes begun here have used, which others disturb less."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    measure(parsed(sys.argv[1:]))
