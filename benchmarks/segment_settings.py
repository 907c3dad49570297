"""Scores of settings of `segprior segment` over the iterations: how its default was chosen.

    python benchmarks/segment_settings.py DATA/bsds500 [--split train] [--every 40] [--limit 5]
                                          [--out settings.jsonl] [--settings KEY=VALUE,... ...]

A setting is options of `segprior segment`, and ``rng`` for the seed; what it does not name is as in
preset ``fast`` but for the end of a fit, which comes after its last iteration. Scores are means
over images, mIOU that of all, fine and coarse with connected pieces. Each image and setting is
one line of ``--out``; what is there already is not done again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from options import read_options

import segprior
from segprior.io.ground_truth import read_regions
from segprior.metrics.regions import RegionScores

AT = (10, 20, 30, 40, 50, 60, 100)
PLAIN = "method=backprop,channels=100,blocks=2"
GRID = f"{PLAIN},working_size=160,n_superpixels=1100"
CONTINUITY = "method=continuity,continuity=1,working_size=160"
SETTINGS = (
    f"{GRID},superpixels=prior,compactness=100,iterations=60",
    f"{GRID},superpixels=image,compactness=100,iterations=60",
    f"{PLAIN},working_size=240,n_superpixels=2500,superpixels=prior,compactness=100,iterations=60",
    f"{GRID},superpixels=prior,compactness=10,iterations=40",
    f"{GRID},superpixels=image,compactness=10,iterations=40",
    f"{GRID},superpixels=prior,compactness=100,iterations=40,rng=1",
    f"{CONTINUITY},initial=uniform,iterations=100",
    f"{CONTINUITY},initial=normal,iterations=60",
)


def measure(path: Path, truth: Path, setting: str) -> dict[str, dict[str, float]]:
    """Labels, mIOU and SC of one image at each iteration of `AT`."""
    truths = read_regions([truth]).labels
    rows, columns = truths[0].shape
    scores: dict[str, dict[str, float]] = {}

    def listen(event: segprior.Event) -> None:
        if event.stage != "segment" or event.iteration not in AT:
            return
        down, across = event.label_map.shape
        large = event.label_map[np.arange(rows)[:, None] * down // rows,
                                np.arange(columns) * across // columns]  # fmt: skip
        found = RegionScores().add(truths, large)
        scores[str(event.iteration)] = {
            "labels": event.labels, "miou": found["miou"], "sc": found["sc"],
        }  # fmt: skip

    options: dict[str, Any] = {"preset": "backprop", "min_classes": 3, "settle": 1000}
    options |= read_options(segprior.SegmentConfig, setting)
    segprior.segment(path, callback=listen, **options)
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="a folder with images/SPLIT and groundTruth/SPLIT")
    parser.add_argument("--split", default="train")
    parser.add_argument("--every", type=int, default=40)
    parser.add_argument("--limit", type=int, default=5)
    parser.add_argument("--settings", nargs="+", default=list(SETTINGS))
    parser.add_argument("--out", type=Path, default=Path("settings.jsonl"))
    options = parser.parse_args()
    lines = options.out.read_text().splitlines() if options.out.exists() else []
    done = {(row["image"], row["setting"]): row["scores"] for row in map(json.loads, lines)}
    paths = sorted((options.data / "images" / options.split).glob("*.jpg"))[:: options.every]
    paths = paths[: options.limit]
    print(
        "labels, mIOU / SC after so many iterations, means over", ", ".join(p.stem for p in paths)
    )
    print("| setting | " + " | ".join(map(str, AT)) + " |")
    print("| --- |" + " --- |" * len(AT))
    for setting in options.settings:
        rows = []
        for path in paths:
            if (path.stem, setting) not in done:
                truth = options.data / "groundTruth" / options.split / f"{path.stem}.mat"
                scores = measure(path, truth, setting)
                row = {"image": path.stem, "setting": setting, "scores": scores}
                with options.out.open("a") as stream:
                    stream.write(json.dumps(row) + "\n")
                done[path.stem, setting] = scores
            rows.append(done[path.stem, setting])
        cells = []
        for at in map(str, AT):
            here = [row[at] for row in rows if at in row]
            means = (np.mean([one[kind] for one in here]) for kind in ("labels", "miou", "sc"))
            cells.append("{:.0f}, {:.3f} / {:.2f}".format(*means) if here else "")
        print(f"| {setting} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
