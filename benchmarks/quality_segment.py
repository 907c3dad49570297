"""The default label map against ground truth: three levels of the hierarchy, and its ingredients.

    python benchmarks/quality_segment.py DATA/bsds500 [--split val] [--every 10 --noise 0.1]

Each level at its cost, chosen on train images, and cut to 100, 50 and 25 segments on each image; to
these also the hierarchy of the image alone that lacks textures, the diffusion of their words, or
what is seen from the whole image. Beside felzenszwalb. mIOU and covering (SC) as
``segprior evaluate regions`` has them. One line of JSON per image goes to ``--store``; what is
there already is not computed again. ``--noise``, ``--jpeg`` and ``--blur`` spoil the images first.
``--pictures DIR`` draws the ten best and the ten worst images of the default: image, its segments,
and those of the first annotator, with the mIOU.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from quality_foreground import spoil
from tqdm import tqdm

import segprior
from segprior.image.colour import to_uint8
from segprior.image.overlay import draw_labels
from segprior.image.resize import resize, working_shape
from segprior.image.upsampling import enlarge_labels
from segprior.io.formats.bsds import read_annotations
from segprior.io.image import as_image
from segprior.methods.baselines.label_maps import felzenszwalb
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.hierarchy import grow
from segprior.methods.multiclass.levels import LEVELS, Hierarchy
from segprior.metrics import RegionScores

CONFIG = SegmentConfig.preset()
SIDES: dict[str, dict[str, float]] = {
    "without texture": {"texture": 0.0, "diffused": 0.0},
    "without diffusion": {"diffused": 0.0},
    "without the whole image": {"whole": 0.0},
}
COARSENESS = (0.0, 0.5, 1.0)
COUNTS = (100, 50, 25)
SCALES = (100, 300, 600)
DEFAULT = "default, coarseness 0.5"


def without(image: np.ndarray, weights: dict[str, float]) -> Hierarchy:
    """A hierarchy of the image alone that lacks some cues."""
    small = resize(image, working_shape(image.shape, CONFIG.working_size))
    regions, merges, costs = grow(small, None, 0, **weights)
    return Hierarchy(
        regions=enlarge_labels(regions, image.shape[:2]), merges=merges, costs=costs,
        levels=LEVELS["image"], edges="image", config=CONFIG, seed=0, seconds=0.0,
    )  # fmt: skip


def measure(image: np.ndarray, truth: list[np.ndarray]) -> dict[str, Any]:
    """Scores and seconds of all contenders on one image."""
    row: dict[str, Any] = {}

    def add(name: str, labels: np.ndarray, seconds: float) -> None:
        row[name] = RegionScores().add(truth, labels) | {"seconds": seconds}

    for side, weights in {"default": None, **SIDES}.items():
        start = time.perf_counter()
        found = segprior.segment_hierarchy(image) if weights is None else without(image, weights)
        seconds = time.perf_counter() - start
        if weights is None:
            for coarseness in COARSENESS:
                cut = found.cut(coarseness=coarseness)
                add(f"{side}, coarseness {coarseness:g}", cut, seconds)
        for count in COUNTS:
            cut = found.cut(n_segments=min(count, found.n_regions))
            add(f"{side}, {count} segments", cut, seconds)
    for scale in SCALES:
        start = time.perf_counter()
        labels = felzenszwalb(image, scale=scale)
        add(f"felzenszwalb, scale {scale}", labels, time.perf_counter() - start)
    return row


def table(rows: list[dict[str, Any]]) -> str:
    lines = ["| | mIOU | SC | segments | s |", "| --- | --- | --- | --- | --- |"]
    for name in rows[0]["scores"]:
        scores = RegionScores()
        scores.per_image += [row["scores"][name] for row in rows]
        all_of = scores.compute()
        seconds = np.median([row["scores"][name]["seconds"] for row in rows])
        segments = np.mean([row["scores"][name]["segments"] for row in rows])
        numbers = (f"{all_of['miou']:.3f}", f"{all_of['sc']:.3f}", f"{segments:.0f}")
        lines.append(f"| {name} | {' | '.join(numbers)} | {seconds:.1f} |")
    return "\n".join(lines)


def draw(options: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    """Ten best above ten worst, each as image, its segments and the truth's in a column."""
    from PIL import Image, ImageDraw

    ranked = sorted(rows, key=lambda row: -row["scores"][DEFAULT]["miou"])
    wide, high = 200, 200
    sheet = Image.new("RGB", (10 * wide, 6 * high))
    for place, row in enumerate(tqdm(ranked[:10] + ranked[-10:], desc="pictures")):
        path = options.data / "images" / options.split / f"{row['image']}.jpg"
        image = spoil(as_image(path), options)
        shown = to_uint8(image)
        found = segprior.segment(image).labels
        for part, labels in enumerate((None, found, truth_of(options, row["image"])[0])):
            pixels = (
                shown if labels is None else draw_labels(shown, labels, alpha=0.5, boundaries=True)
            )
            tile = Image.fromarray(pixels)
            tile.thumbnail((wide, high))
            if part == 1:
                value = row["scores"][DEFAULT]["miou"]
                ImageDraw.Draw(tile).text((4, 2), f"{value:.2f}", fill=(255, 255, 255))
            sheet.paste(tile, (place % 10 * wide, (place // 10 * 3 + part) * high))
    options.pictures.mkdir(parents=True, exist_ok=True)
    sheet.save(options.pictures / f"{options.split}.jpg", quality=90)


def truth_of(options: argparse.Namespace, name: str) -> list[np.ndarray]:
    path = options.data / "groundTruth" / options.split / f"{name}.mat"
    return [annotation[0] for annotation in read_annotations(path)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", choices=("train", "val"), default="val")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--blur", type=float, default=0.0)
    parser.add_argument("--jpeg", type=int, default=0)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--store", type=Path, default=Path("segment.jsonl"))
    options = parser.parse_args()

    spoilt = {"noise": options.noise, "blur": options.blur, "jpeg": options.jpeg}
    rows = []
    if options.store.exists():
        rows = [json.loads(line) for line in options.store.read_text().splitlines() if line]
    paths = sorted((options.data / "images" / options.split).glob("*.jpg"))[:: options.every]
    kept = {row["image"]: row for row in rows if row["split"] == options.split
            and row["spoilt"] == spoilt}  # fmt: skip
    for path in tqdm(paths):
        if path.stem in kept:
            continue
        image = spoil(as_image(path), options)
        scores = measure(image, truth_of(options, path.stem))
        row = {"image": path.stem, "split": options.split, "spoilt": spoilt, "scores": scores}
        kept[path.stem] = row
        with options.store.open("a") as stream:
            stream.write(json.dumps(row) + "\n")
    chosen = [kept[path.stem] for path in paths]
    print(f"\n{options.split}, {len(chosen)} images, {spoilt}\n\n{table(chosen)}")
    if options.pictures:
        draw(options, chosen)


if __name__ == "__main__":
    main()
