"""How often K-means tells foreground and background apart the right way round.

Reads folders of images with masks and prints one line per folder: the mean IoU of the better of
the two polarities, of the chosen one, and of calling background whatever owns most of the
border; and how the score of a mask goes with its IoU (Spearman's rank correlation).

    python benchmarks/polarity.py DATA/horses DATA/nuclei --every 4 --features prior image

A folder holds ``images/NAME.jpg`` (or another suffix) and ``masks/NAME.png``, where above 190 is
object, below 65 is ground, and what lies between does not count.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from segprior import SegpriorError, as_image, foreground
from segprior.image.resize import resize, working_shape
from segprior.io.image import list_images


def pairs(folder: Path, every: int, offset: int) -> Iterator[tuple[Path, NDArray[np.uint8]]]:
    """Images of a folder with their masks in levels of 8 bits."""
    for path in list_images(folder / "images")[offset::every]:
        mask = as_image(folder / "masks" / f"{path.stem}.png")[..., 0]
        yield path, np.asarray(np.rint(mask * 255), np.uint8)


def reduced_pairs(
    folder: Path, every: int, offset: int, size: int, limit: int | None
) -> Iterator[tuple[Path, NDArray[np.float32], NDArray[np.float32]]]:
    """Images and masks brought to a longest side of ``size`` pixels, ``limit`` at most."""
    for path, levels in itertools.islice(pairs(folder, every, offset), limit):
        image = as_image(path)
        image = resize(image, working_shape(image.shape, size))
        truth = np.rint(resize(levels[..., None].astype(np.float32), image.shape[:2])[..., 0])
        yield path, image, truth


def iou(found: NDArray[np.bool_], mask: NDArray[np.uint8]) -> float:
    """Intersection over union where the mask counts."""
    counts, truth = (mask < 65) | (mask > 190), mask > 190
    union = np.count_nonzero((found | truth) & counts)
    return np.count_nonzero(found & truth) / union if union else 1.0


def measure(
    folder: Path, every: int, offset: int, options: dict[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """IoU of the better, the chosen and the border's polarity, one row per image; the scores."""
    rows, scores = [], []
    for path, mask in pairs(folder, every, offset):
        found = foreground(path, **options)
        chosen = iou(found.labels > 0, mask)
        swapped = iou(found.labels == 0, mask)
        by_border = chosen if found.evidence.get("border", 0) <= 0.5 else swapped
        rows.append((max(chosen, swapped), chosen, by_border))
        scores.append(found.score)
    return np.array(rows), np.array(scores)


def spearman(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Rank correlation of two lists; NaN for fewer than two numbers or equal ones."""
    if min(np.ptp(one), np.ptp(other)) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, help="folders with images/ and masks/")
    parser.add_argument("--every", type=int, default=1, help="take every N-th image")
    parser.add_argument("--offset", type=int, default=0, help="the first image to take, from 0")
    parser.add_argument("--features", nargs="+", choices=["prior", "image"], default=["prior"])
    parser.add_argument("--preset", default="dsp", choices=["dsp", "published"])
    parser.add_argument("--members", type=int)
    parser.add_argument("--iterations", type=int)
    parser.add_argument("--working-size", help="pixels, or full")
    parser.add_argument("--window", type=int)
    parser.add_argument("--n-clusters", type=int)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    given = arguments()
    names = ("members", "iterations", "window", "n_clusters")
    options = {name: getattr(given, name) for name in names if getattr(given, name) is not None}
    if given.working_size is not None:
        full = given.working_size == "full"
        options["working_size"] = None if full else int(given.working_size)
    print("| folder | features | images | better | chosen | loss | border alone | score and IoU |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for features in given.features:
        for folder in given.folders:
            settings = {**options, "preset": given.preset, "rng": given.seed, "features": features}
            try:
                found, scores = measure(folder, given.every, given.offset, settings)
            except SegpriorError as error:
                raise SystemExit(f"{folder}: {error}") from error
            better, chosen, border = found.mean(axis=0)
            print(
                f"| {folder.name} | {features} | {len(found)} | {better:.4f} | {chosen:.4f} "
                f"| {better - chosen:.4f} | {border:.4f} | {spearman(scores, found[:, 1]):.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
