"""CPU seconds of the scores: reading the truth, region scores, boundaries.

    python benchmarks/metrics.py DATA/bsds500 [--split val] [--every 1] [--predictions NAME ...]
    python benchmarks/metrics.py DATA/bsds500 --curve [--every 10]
    python benchmarks/metrics.py --megapixels 0.75 3 12

First over a folder of images with ``images/SPLIT`` and ``groundTruth/SPLIT``, predictions by name:
``felzenszwalb`` at scale 300, ``fine`` at scale 30, ``grey`` levels, a ``random`` label for each
pixel. ``--curve`` scores the hierarchies of ``segment`` instead, at all cuts of
``segprior evaluate regions --curve``. ``--megapixels`` scores one made-up picture of each size;
``--no-boundaries`` leaves those out, whose time grows faster than the picture.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from skimage.segmentation import felzenszwalb

import segprior
from segprior.config.running import CurveConfig
from segprior.evaluation.cuts import as_tree, of_costs, score_tree
from segprior.io.formats.bsds import read_annotations
from segprior.io.ground_truth import read_regions
from segprior.metrics import BoundaryScores, RegionScores, label_boundaries, thin

KINDS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "felzenszwalb": lambda image, rng: felzenszwalb(image, scale=300, sigma=0.8, min_size=50),
    "fine": lambda image, rng: felzenszwalb(image, scale=30, sigma=0.5, min_size=10),
    "grey": lambda image, rng: image.mean(2).astype(int) // 21,
    "random": lambda image, rng: rng.integers(0, 100, image.shape[:2]),
}


def over_a_set(paths: list[Path], images: Path, kind: str, boundaries: bool) -> None:
    spent = {"truth": 0.0, "regions": 0.0, "regions as they are": 0.0, "boundaries": 0.0}
    slowest, annotations, rng = 0.0, 0, np.random.default_rng(0)
    pieces, plain, edges = RegionScores(), RegionScores(connected=False), BoundaryScores()
    for path in paths:
        labels = KINDS[kind](np.asarray(Image.open(images / f"{path.stem}.jpg")), rng)
        marks = [time.process_time()]
        people = read_annotations(path)
        marks.append(time.process_time())
        pieces.add([one.labels for one in people], labels)
        marks.append(time.process_time())
        plain.add([one.labels for one in people], labels)
        marks.append(time.process_time())
        if boundaries:
            edges.add_labels([one.boundaries for one in people], [labels])
        marks.append(time.process_time())
        for name, seconds in zip(spent, np.diff(marks), strict=True):
            spent[name] += seconds
        slowest = max(slowest, marks[4] - marks[3])
        annotations += len(people)
    shown = ", ".join(f"{name} {seconds:.2f}" for name, seconds in spent.items())
    segments = pieces.compute()["segments"]
    print(f"{kind}: {len(paths)} images, {annotations} annotations, {segments:.0f} segments: "
          f"{shown}, slowest image's boundaries {slowest:.2f}", flush=True)  # fmt: skip


def curves(paths: list[Path], images: Path, boundaries: bool) -> None:
    cuts, spent, count = of_costs(CurveConfig()), np.zeros(2), 0
    for path in paths:
        found = segprior.segment_hierarchy(images / f"{path.stem}.jpg")
        truth = read_regions([path])
        marks = [time.process_time()]
        score_tree(as_tree(found), truth, cuts, boundaries=False)
        marks.append(time.process_time())
        if boundaries:
            score_tree(as_tree(found), truth, cuts, boundaries=True)
        spent += np.diff([*marks, time.process_time()])
        count += found.n_regions
    print(f"{len(paths)} hierarchies of {count / len(paths):.0f} regions: {len(cuts.regions)} cuts "
          f"{spent[0]:.2f}, with boundaries of {len(cuts.boundaries)} {spent[1]:.2f}")  # fmt: skip


def of_one(megapixels: float, boundaries: bool) -> None:
    """One picture of 4:3, with a grid as its truth and a finer, slanted one as the prediction."""
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    rows, columns = np.ogrid[:height, : height * 4 // 3]
    truth = rows // (height // 6) * 10 + columns // (height // 6)
    labels = rows // 97 * 100 + (columns + rows // 3) // 113
    marks = [time.process_time()]
    RegionScores().add([truth], labels)
    marks.append(time.process_time())
    if boundaries:
        BoundaryScores().add_labels([thin(label_boundaries(truth))], [labels])
    marks.append(time.process_time())
    regions, edges = np.diff(marks)
    print(f"{truth.size / 1e6:.2f} megapixels: regions {regions:.2f}, boundaries {edges:.2f}",
          flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--split", default="val")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--limit", type=int, help="at most so many images")
    parser.add_argument("--predictions", nargs="+", choices=list(KINDS), default=["felzenszwalb"])
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--megapixels", type=float, nargs="+", default=[])
    parser.add_argument("--no-boundaries", action="store_true")
    options = parser.parse_args()
    if options.data is not None:
        paths = sorted((options.data / "groundTruth" / options.split).glob("*.mat"))
        paths = paths[:: options.every][: options.limit]
        images = options.data / "images" / options.split
        if options.curve:
            curves(paths, images, not options.no_boundaries)
        for kind in () if options.curve else options.predictions:
            over_a_set(paths, images, kind, not options.no_boundaries)
    for megapixels in options.megapixels:
        of_one(megapixels, not options.no_boundaries)


if __name__ == "__main__":
    main()
