"""Mask quality against working size, members and iterations: what the presets were chosen from.

    python benchmarks/presets.py DATA... [--sizes 96 128 160 full] [--every 4] [--out presets.csv]

Each ``DATA`` holds ``images/S.jpg`` and ``masks/S.png`` (grey 65 to 190: do not count). Every image
is fitted once per size, with 11 members (or ``--members``) and 50 iterations; fewer members are the
first of these and fewer iterations their snapshots, which is what fitting them alone would give.
IoU is that of the better polarity, and in brackets that of the polarity chosen. Rows in ``--out``
are not computed again.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import numpy as np
from PIL import Image
from polarity import iou
from tqdm import tqdm

import segprior
from segprior.config.prior import PriorConfig
from segprior.image.resize import resize, working_shape
from segprior.io.image import as_image
from segprior.prior.prior import Prior, fit_runs

MEMBERS, ITERATIONS = (1, 3, 5, 11), (10, 20, 30, 40, 50)
FIELDS = ("set", "image", "size", "members", "iterations", "better", "chosen", "fit_seconds")


def both_polarities(found: segprior.Segmentation, truth: np.ndarray) -> tuple[float, float]:
    """IoU of the better polarity and of the one chosen."""
    chosen = iou(found.labels > 0, truth)
    return max(chosen, iou(found.labels == 0, truth)), chosen


def measure(image_path: Path, size: int | None, most: int) -> list[list[object]]:
    truth = np.asarray(Image.open(image_path.parents[1] / "masks" / f"{image_path.stem}.png"))
    image = as_image(image_path)
    start = time.perf_counter()
    options = {"working_size": size, "members": most, "snapshots": ITERATIONS}
    config = PriorConfig.preset("published", **options)
    runs = fit_runs(resize(image, working_shape(image.shape, size)), config, seed=0)
    seconds = time.perf_counter() - start
    lines: list[list[object]] = []
    for members in [m for m in MEMBERS if m <= most and (size or m == most)]:
        for at in ITERATIONS:
            outputs = [run.snapshots[at] for run in runs[:members]]
            prior = Prior(
                shape=image.shape, members=np.stack(outputs), snapshots={}, features={},
                losses=np.zeros((members, 1), np.float32), seed=0, seconds=0.0,
                config=config.replace(members=members, iterations=at, snapshots=()),
            )  # fmt: skip
            found = segprior.foreground(image, preset="dsp", prior=prior)
            lines.append([members, at, *both_polarities(found, truth), seconds])
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--sizes", nargs="+", default=["96", "128", "160", "full"])
    parser.add_argument("--every", type=int, default=4, help="of a set of more than 20 images")
    parser.add_argument("--members", type=int, default=max(MEMBERS), help="to fit")
    parser.add_argument("--out", type=Path, default=Path("presets.csv"))
    options = parser.parse_args()

    rows: list[dict[str, str]] = []
    if options.out.exists():
        with options.out.open(newline="") as stream:
            rows = list(csv.DictReader(stream, FIELDS))
    done = {(row["set"], row["image"], row["size"]) for row in rows}
    wanted = []
    for size in options.sizes:
        for folder in options.data:
            images = sorted((folder / "images").iterdir())
            images = images[:: options.every] if len(images) > 20 else images
            wanted += [(folder.name, path, size) for path in images]
    for set_, path, size in tqdm([w for w in wanted if (w[0], w[1].stem, w[2]) not in done]):
        lines = measure(path, None if size == "full" else int(size), options.members)
        with options.out.open("a", newline="") as stream:
            csv.writer(stream).writerows([set_, path.stem, size, *line] for line in lines)
    with options.out.open(newline="") as stream:
        rows = list(csv.DictReader(stream, FIELDS))
    for set_ in dict.fromkeys(row["set"] for row in rows):
        here = [row for row in rows if row["set"] == set_]
        sizes = {row["size"] for row in here}
        by_size = [{r["image"] for r in here if r["size"] == size} for size in sizes]
        shared = set.intersection(*by_size)  # a comparison is fair on the same images only
        here = [row for row in here if row["image"] in shared]
        print(f"\n{set_}, {len(shared)} images")
        print("| size | members | " + " | ".join(f"{at} it." for at in ITERATIONS) + " |")
        print("| --- | --- |" + " --- |" * len(ITERATIONS))
        for size in dict.fromkeys(row["size"] for row in here):
            for members in MEMBERS:
                cells = []
                for at in ITERATIONS:
                    key = (size, str(members), str(at))
                    part = [r for r in here if (r["size"], r["members"], r["iterations"]) == key]
                    mean = {k: np.mean([float(r[k]) for r in part]) for k in ("better", "chosen")}
                    cells.append(f"{mean['better']:.3f} ({mean['chosen']:.3f})" if part else "")
                if any(cells):
                    print(f"| {size} | {members} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
