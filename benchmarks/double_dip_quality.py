"""Masks of Double-DIP against ground truth: presets, hints, and PSNR over the iterations.

    python benchmarks/double_dip_quality.py DATA/horses DATA/grabcut [--settings fast ...]
                                            [--store double_dip.jsonl]

Each ``DATA`` holds ``images/S.jpg`` and ``masks/S.png`` (grey 65 to 190: do not count); of a set
of more than 20 images every ``--every``-th is taken, and of what is then left every ``--sparse``-th
for settings of ``published`` and ``original``, which are slow. Images and masks are first reduced
to ``--size``. A setting is a preset, and after a colon options of it:
``published:hint=saliency,radius=7``.

One line of JSON per image and setting goes to ``--store``; what is there already is not computed
again. The tables compare settings on the images that they share, with 95 % bootstrap intervals.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from options import read_options
from polarity import iou, pairs
from tqdm import tqdm

import segprior
from segprior.image.resize import resize, working_shape
from segprior.io.image import as_image
from segprior.methods.double_dip.hints import match_size

SETTINGS = (
    "fast",
    "fast:hint=saliency",
    "fast:hint=saliency,saliency=spectral",
    "published",
    "published:hint=saliency",
)
POINTS = 20


def read_setting(text: str) -> dict[str, Any]:
    """From ``preset:key=value,key=value`` to the keywords of ``double_dip``."""
    preset, _, rest = text.partition(":")
    return {"preset": preset, **read_options(segprior.DoubleDipConfig, rest)}


def measure(path: Path, levels: np.ndarray, setting: str, size: int) -> dict[str, Any]:
    """Fit one image at one setting; plain numbers."""
    image = as_image(path)
    image = resize(image, working_shape(image.shape, size))
    rows, columns = image.shape[:2]
    truth = np.rint(resize(levels[..., None].astype(np.float32), (rows, columns))[..., 0])
    start = time.perf_counter()
    try:
        found = segprior.double_dip(image, **read_setting(setting))
    except segprior.ImageError as error:  # a hint that marks nothing
        return {"error": str(error)}
    seconds = time.perf_counter() - start
    psnr = found.curves["psnr"]
    at = np.unique(np.linspace(0, len(psnr) - 1, POINTS).round().astype(int))
    raw = match_size((found.fitted["mask"] > 0.5).astype(np.int8), (rows, columns))
    return {
        "iou": iou(found.mask > 0, truth),
        "raw_iou": iou(raw > 0, truth),
        "hint_iou": iou(found.hint > 0, truth),
        "hint_right": [
            float((truth[found.hint == sign] > 190).mean()) if (found.hint == sign).any() else None
            for sign in (1, -1)
        ],
        "psnr": found.psnr,
        "psnr_curve": {int(i) + 1: round(float(psnr[i]), 3) for i in at},
        "step": found.step,
        "iterations": len(psnr),
        "seconds": seconds,
    }


def interval(values: np.ndarray) -> str:
    """Mean with a 95 % bootstrap interval."""
    draws = np.random.default_rng(0).integers(len(values), size=(2000, len(values)))
    low, high = np.percentile(values[draws].mean(1), (2.5, 97.5))
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


def report(rows: list[dict[str, Any]], settings: list[str]) -> None:
    for name in dict.fromkeys(row["set"] for row in rows):
        here = [row for row in rows if row["set"] == name and "iou" in row]
        given = {s: {r["image"]: r for r in here if r["setting"] == s} for s in settings}
        given = {s: found for s, found in given.items() if found}
        groups = dict.fromkeys(frozenset(found) for found in given.values())
        for images in sorted(groups, key=len, reverse=True):
            print(f"\n{name}, {len(images)} images\n")
            print("| setting | IoU | unfiltered | hint | PSNR | seconds |")
            print("| --- | --- | --- | --- | --- | --- |")
            for setting, found in given.items():
                if not images <= set(found):
                    continue
                part = [found[image] for image in sorted(images)]
                mean = {k: np.mean([r[k] for r in part]) for k in ("raw_iou", "hint_iou", "psnr")}
                print(
                    f"| {setting} | {interval(np.array([r['iou'] for r in part]))} "
                    f"| {mean['raw_iou']:.3f} | {mean['hint_iou']:.3f} | {mean['psnr']:.2f} "
                    f"| {np.median([r['seconds'] for r in part]):.1f} |"
                )
    print("\nMean PSNR in dB over the iterations, all images of the setting")
    for setting in settings:
        curves = [r["psnr_curve"] for r in rows if r["setting"] == setting and "iou" in r]
        shared = [at for at in (curves[0] if curves else ()) if all(at in c for c in curves)]
        means = {at: np.mean([curve[at] for curve in curves]) for at in shared}
        print(f"{setting}: " + ", ".join(f"{at}: {value:.1f}" for at, value in means.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--settings", nargs="+", default=list(SETTINGS))
    parser.add_argument("--every", type=int, default=8, help="of a set of more than 20 images")
    parser.add_argument("--sparse", type=int, default=3, help="of these, for slow settings")
    parser.add_argument("--limit", type=int, help="at most so many images of each set")
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--store", type=Path, default=Path("double_dip.jsonl"))
    options = parser.parse_args()

    rows = []
    if options.store.exists():
        for line in options.store.read_text().splitlines():
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError:
                continue  # cut off when the run before was killed
    done = {(row["set"], row["image"], row["setting"], row["size"]) for row in rows}
    wanted = []
    for setting in options.settings:
        slow = not setting.startswith("fast")
        for folder in options.data:
            many = len(list((folder / "images").iterdir())) > 20
            found = list(pairs(folder, options.every if many else 1, 0))
            found = found[:: options.sparse if slow else 1][: options.limit]
            wanted += [(folder.name, path, levels, setting) for path, levels in found]
    wanted = [w for w in wanted if (w[0], w[1].stem, w[3], options.size) not in done]
    for name, path, levels, setting in tqdm(wanted):
        row = {"set": name, "image": path.stem, "setting": setting, "size": options.size}
        row |= measure(path, levels, setting, options.size)
        with options.store.open("a") as stream:
            stream.write("\n" + json.dumps(row))  # on a line of its own, whatever came before
        rows.append(row)
    report([row for row in rows if row["size"] == options.size], options.settings)


if __name__ == "__main__":
    main()
