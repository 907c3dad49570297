"""Time a folder of photographs by two workers against one.

    python benchmarks/batch.py [--photos 64] [--rounds 3] [--images FOLDER]

The command ``segprior batch foreground``, from the start of the process to its end, each time into
a new folder; one worker and two take turns. The ratio printed is that of the medians, and whether
the masks are the same bytes. Without ``--images`` the photographs are 321x481 crops of the samples.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from segprior.io.image import as_image, image_suffixes
from segprior.io.pictures import save_picture

SAMPLES = Path(__file__).parents[1] / "examples" / "images"
SIDES = (1, 2)


def ratios(rounds: int, small: bool = False) -> dict[str, float]:
    """How many times the throughput of one worker two have: for the runner."""
    size = ["--photos", "4"] if small else []
    return {"batch, two workers": measure(parsed(["--rounds", str(rounds), *size]))}


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=Path, help="default: crops of examples/images")
    return parser.parse_args(words)


def save_crops(folder: Path, count: int, rows: int = 321, columns: int = 481) -> None:
    """Write photographs of one size, cut from the samples at random places."""
    rng = np.random.default_rng(0)
    paths = sorted(path for path in SAMPLES.iterdir() if path.suffix.lower() in image_suffixes())
    images = [image for path in paths if np.all((image := as_image(path)).shape[:2] >= (64, 64))]
    for number, image in zip(range(count), itertools.cycle(images), strict=False):
        top, left = (
            rng.integers(max(1, side - wanted + 1))
            for side, wanted in zip(image.shape[:2], (rows, columns), strict=True)
        )
        save_picture(folder / f"{number}.png", image[top : top + rows, left : left + columns])


def run(source: Path, output: Path, workers: int) -> tuple[float, dict[str, bytes]]:
    words = ["batch", "foreground", source, "-o", output, "--workers", str(workers), "-q"]
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "segprior", *words], check=True)
    seconds = time.perf_counter() - start
    return seconds, {path.name: path.read_bytes() for path in sorted(output.rglob("*.png"))}


def measure(options: argparse.Namespace) -> float:
    """Time both sides, print what was found, and return the ratio."""
    seconds: dict[int, list[float]] = {workers: [] for workers in SIDES}
    with tempfile.TemporaryDirectory() as place:
        source = Path(place, "photos")
        source.mkdir()
        if options.images is None:
            save_crops(source, options.photos)
        else:
            found = sorted(
                p for p in options.images.rglob("*") if p.suffix.lower() in image_suffixes()
            )
            for number, path in enumerate(found[: options.photos]):
                (source / f"{number}{path.suffix}").symlink_to(path.resolve())
        count = len(list(source.iterdir()))
        masks = []
        for number in range(options.rounds):
            for workers in SIDES:
                taken, made = run(source, Path(place, f"{workers}-{number}"), workers)
                seconds[workers].append(taken)
                masks.append(made)
            print({workers: round(times[-1], 1) for workers, times in seconds.items()}, flush=True)
    medians = {workers: float(np.median(times)) for workers, times in seconds.items()}
    for workers, median in medians.items():
        print(f"{workers} at a time: {median:.1f} s, {count / median:.2f} photographs a second")
    ratio = medians[1] / medians[2]
    same = "the same" if all(made == masks[0] for made in masks) else "OTHER"
    print(f"    ratio: {ratio:.2f}, {same} masks")
    return ratio


if __name__ == "__main__":
    measure(parsed(sys.argv[1:]))
