"""Does the prior prevent over-segmentation and shorten training, as its publication says?

    python benchmarks/oversegmentation.py DATA/bsds500 RESULTS.jsonl [--split val] [--every 4]
                               [--limit N] [--working-size 240] [--iterations 300]

Clusters every n-th image twice with the same seed and settings: superpixels found on the prior, and
on the image. Each image and setting is one line of RESULTS.jsonl; what is there already is not done
again. At the end, and with ``--limit 0`` at once, the tables: labels, mIOU and SC at fixed
iterations; prior less image, mean over images with 95 % bootstrap intervals; iterations and seconds
until the smallest number of classes. A fit ends there only if it falls below that number; its last
labels count from then on.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from claims import interval

import segprior
from segprior.config.prior import PriorConfig
from segprior.io.ground_truth import read_regions
from segprior.methods.multiclass.config import SegmentConfig
from segprior.metrics.regions import RegionScores
from segprior.nn.clustering.training import StopRule

AT = (10, 20, 30, 50, 100, 200, 300)
SIDES = ("prior", "image")


def settings(options: argparse.Namespace, side: str) -> SegmentConfig:
    """The published numbers but for size, length and superpixels, as many pixels in each."""
    share = options.working_size / 481
    return SegmentConfig.preset(
        "published",
        prior=PriorConfig.preset("fast" if options.quick_prior else "published"),
        working_size=options.working_size,
        n_superpixels=round(10_000 * share**2),
        superpixels=side,
        warmup=options.warmup,
        iterations=options.iterations,
        settle=options.iterations,
    )


def run(path: Path, truth: Path, config: SegmentConfig, seed: int) -> dict[str, Any]:
    """Cluster one image, scoring its labels as they come."""
    truths = read_regions([truth]).labels
    rows, columns = truths[0].shape
    rule, marks, scores, begun = StopRule(config.min_classes, 50), [], {}, time.perf_counter()
    state = {"scoring": 0.0, "prior": 0.0, "end": 0}

    def listen(event: segprior.Event) -> bool:
        if event.stage == "prior":
            state["prior"] = time.perf_counter() - begun
            return False
        marks.append(time.perf_counter() - begun - state["scoring"])
        iteration = event.iteration - config.warmup
        ends = not state["end"] and iteration > 0 and rule.stops(event.labels)
        if ends:
            state["end"] = iteration
        if iteration in AT or ends:
            start = time.perf_counter()
            down, across = event.label_map.shape
            large = event.label_map[np.arange(rows)[:, None] * down // rows,
                                    np.arange(columns) * across // columns]  # fmt: skip
            scores[iteration] = RegionScores().add(truths, large) | {"labels": event.labels}
            state["scoring"] += time.perf_counter() - start
        # Fewer labels than the minimum end the fit; there is nothing to be seen after that.
        return event.labels < config.min_classes

    found = segprior.segment(path, config=config, rng=seed, callback=listen)
    reached = np.flatnonzero(found.curves["labels"][config.warmup :] <= config.min_classes)
    first = int(reached[0]) + 1 if reached.size else None
    return {
        "counts": found.curves["labels"].tolist(),
        "reached": first,
        "seconds_reached": marks[config.warmup + first - 1] if first else None,
        "ended": state["end"] or None,
        "seconds_prior": state["prior"],
        "seconds": marks[-1],
        "scores": scores,
    }


def table(path: Path, options: argparse.Namespace) -> None:
    """Print both sides, over the images that both have done."""
    done = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    by_side = {
        side: {d["image"]: d for d in done if d["side"] == side and d["key"] == key(options)}
        for side in SIDES
    }
    both = sorted(set(by_side["prior"]) & set(by_side["image"]))
    print(f"{len(both)} images, {key(options)}")
    if not both:
        return
    print("| superpixels of | at | labels | segments | mIOU | SC |")
    print("| --- | --- | --- | --- | --- | --- |")
    for side, results in by_side.items():
        for at in [at for at in AT if at <= options.iterations]:
            pooled = RegionScores()
            pooled.per_image += [scores_at(results[name], at) for name in both]
            total = pooled.compute()
            labels = np.mean([image["labels"] for image in pooled.per_image])
            print(
                f"| {side} | {at} | {labels:.1f} | {total['segments']:.0f} | {total['miou']:.4f} "
                f"| {total['sc']:.4f} |"
            )
    print("| prior less image at | labels | mIOU | SC |")
    print("| --- | --- | --- | --- |")
    for at in [at for at in AT if at <= options.iterations]:
        sides = [[scores_at(by_side[side][name], at) for name in both] for side in SIDES]
        gaps = {
            kind: [one[kind] - other[kind] for one, other in zip(*sides, strict=True)]
            for kind in ("labels", "miou", "sc")
        }
        print(
            f"| {at} | {interval(gaps['labels'], digits=2)} | {interval(gaps['miou'])} "
            f"| {interval(gaps['sc'])} |"
        )
    for side, results in by_side.items():
        reached = [results[n] for n in both if results[n]["reached"]]
        print(
            f"{side}: minimum reached on {len(reached)} of {len(both)}"
            + (
                f", median iteration {np.median([r['reached'] for r in reached]):.0f}, "
                f"{np.median([r['seconds_reached'] for r in reached]):.1f} s"
                if reached
                else ""
            )
            + f"; {np.mean([results[n]['seconds'] for n in both]):.1f} s per image, the prior "
            f"{np.mean([results[n]['seconds_prior'] for n in both]):.1f} s of it"
        )


def scores_at(result: dict[str, Any], at: int) -> dict[str, float]:
    """Scores of an image at an iteration; a fit that has ended keeps its last labels."""
    scores = {int(k): v for k, v in result["scores"].items()}
    return scores[max(k for k in scores if k <= at)]


def key(options: argparse.Namespace) -> str:
    prior = "fast" if options.quick_prior else "published"
    return (
        f"size {options.working_size}, {options.warmup} + {options.iterations} iterations, "
        f"seed {options.seed}, {prior} prior, {options.split}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="a folder with images/SPLIT and groundTruth/SPLIT")
    parser.add_argument("results", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--limit", type=int, help="images at most")
    parser.add_argument("--working-size", type=int, default=240)
    parser.add_argument("--iterations", type=int, default=300)
    parser.add_argument("--warmup", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick-prior", action="store_true", help="the prior of preset fast")
    options = parser.parse_args()
    done = set()
    if options.results.exists():
        lines = map(json.loads, options.results.read_text().splitlines())
        done = {(line["image"], line["side"], line["key"]) for line in lines}
    paths = sorted((options.data / "images" / options.split).glob("*.jpg"))[:: options.every]
    for path in paths[: options.limit]:
        truth = options.data / "groundTruth" / options.split / f"{path.stem}.mat"
        for side in SIDES:
            if (path.stem, side, key(options)) in done:
                continue
            result = run(path, truth, settings(options, side), options.seed)
            line = {"image": path.stem, "side": side, "key": key(options), **result}
            with options.results.open("a") as stream:
                stream.write(json.dumps(line) + "\n")
            print(path.stem, side, f"{result['seconds']:.0f} s, {result['counts'][-1]} labels")
    table(options.results, options)


if __name__ == "__main__":
    main()
