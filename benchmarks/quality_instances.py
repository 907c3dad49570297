"""Things one by one against ground truth, beside what a user would do instead.

    python benchmarks/quality_instances.py DATA/nuclei [--every 4] [--pictures DIR]

``DATA/images`` holds images, ``DATA/instances`` a label map for each. ``--pictures`` draws the
twenty worst images of ours: the true outlines to the left, those found to the right.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tqdm import tqdm

import segprior
from segprior.image.colour import to_rgb, to_uint8
from segprior.image.overlay import draw_labels
from segprior.io.image import as_image, list_images
from segprior.io.label_maps import read_labels
from segprior.methods.baselines.instances import distance_watershed, otsu_pieces, otsu_watershed
from segprior.metrics.instances import InstanceScores

WAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Otsu and its pieces": otsu_pieces,
    "Otsu and watershed of the distance map": otsu_watershed,
    "our mask and that watershed": lambda image: distance_watershed(
        segprior.foreground(image).labels
    ),
    "things, our mask and that watershed": lambda image: distance_watershed(
        segprior.foreground(image, reading="things").labels
    ),
    "instances": lambda image: segprior.foreground(image, instances=True).labels,
    "instances, things": lambda image: (
        segprior.foreground(image, instances=True, reading="things").labels
    ),
}
OURS = "instances, things"


def draw(path: Path, image: np.ndarray, truth: np.ndarray, found: np.ndarray, name: str) -> None:
    from PIL import Image

    picture = to_uint8(to_rgb(image / max(float(np.quantile(image, 0.995)), 0.05)))
    both = [draw_labels(picture, labels, alpha=0, boundaries=True) for labels in (truth, found)]
    path.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(both, axis=1)).save(path / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    paths = list_images(options.data / "images")[:: options.every]
    truths = [read_labels(options.data / "instances" / f"{p.stem}.png") for p in paths]
    print(
        "| | AP50 | AP75 | AP .5 to .95 | count | even images | odd images | s, median and most |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, way in WAYS.items():
        scores, seconds, labels = InstanceScores(), [], []
        for path, truth in zip(tqdm(paths, desc=name, leave=False), truths, strict=True):
            image = as_image(path)
            start = time.perf_counter()
            found = way(image)
            seconds.append(time.perf_counter() - start)
            labels.append(found)
            scores.add(truth.astype(np.int64), found)
        mean = scores.compute()
        halves = [
            " / ".join(
                f"{np.mean([row[key] for row in scores.per_image[half::2]]):.3f}"
                for key in ("ap50", "ap75", "count_error")
            )
            for half in (0, 1)
        ]
        print(
            f"| {name} | {mean['ap50']:.3f} | {mean['ap75']:.3f} | {mean['ap']:.3f} "
            f"| {mean['count_error']:.3f} | {halves[0]} | {halves[1]} "
            f"| {np.median(seconds):.2f}, {max(seconds):.2f} |",
            flush=True,
        )
        if name == OURS and options.pictures:
            order = np.argsort([row["ap50"] for row in scores.per_image])[:20]
            for place, number in enumerate(order.tolist()):
                score = scores.per_image[number]["ap50"]
                name = f"{place:02d}_{paths[number].stem}_{score:.2f}.png"
                draw(
                    options.pictures, as_image(paths[number]), truths[number], labels[number], name
                )


if __name__ == "__main__":
    main()
