"""The default mask against ground truth: both readings, the choice, confidence, and baselines.

    python benchmarks/quality_foreground.py DATA/horses DATA/grabcut DATA/nuclei [--every 4]

Each ``DATA`` holds ``images/S.jpg`` and ``masks/S.png`` (grey 65 to 190: do not count). One line
of JSON per image goes to ``--store``; what is there already is not computed again. ``--noise``,
``--jpeg`` and ``--blur`` spoil the images first. ``--off-centre`` takes a window of 70 % of the
sides in which the object lies as far from the middle as it can, and leaves out images without one.
``--pictures DIR`` writes for each set a picture of the ten best and the ten worst masks: image,
mask and truth, with the IoU.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from polarity import iou, pairs
from tqdm import tqdm

import segprior
from segprior.image.colour import to_rgb, to_uint8
from segprior.io.image import as_image

READINGS = ("auto", "object", "things")


def spoil(image: np.ndarray, options: argparse.Namespace) -> np.ndarray:
    """Noise, compression or blur, as asked for."""
    if options.noise:
        draw = np.random.default_rng(0)
        image = image + draw.normal(0, options.noise, image.shape)
    if options.blur:
        from scipy import ndimage

        image = ndimage.gaussian_filter(image, (options.blur, options.blur, 0))
    image = np.clip(image, 0, 1).astype(np.float32)
    if options.jpeg:
        from PIL import Image

        stream = io.BytesIO()
        picture = to_uint8(image)
        Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture).save(
            stream, "JPEG", quality=options.jpeg
        )
        image = as_image(stream.getvalue())
    return image


def off_centre(truth: np.ndarray) -> tuple[slice, slice] | None:
    """Where a window of 70 % of the sides has most of the object, and that far from its middle."""
    inside = truth > 190
    rows, columns = np.nonzero(inside)
    best: tuple[float, tuple[slice, slice]] | None = None
    high, wide = (int(0.7 * side) for side in truth.shape)
    for top in np.linspace(0, truth.shape[0] - high, 6).astype(int):
        for left in np.linspace(0, truth.shape[1] - wide, 6).astype(int):
            window = slice(top, top + high), slice(left, left + wide)
            part = inside[window]
            if part.sum() < 0.85 * len(rows) or part.mean() > 0.6:
                continue
            down = (rows.mean() - (top + high / 2)) / high
            right = (columns.mean() - (left + wide / 2)) / wide
            far = float(np.hypot(down, right))
            if best is None or far > best[0]:
                best = far, window
    return None if best is None or best[0] < 0.12 else best[1]


def measure(path: Path, truth: np.ndarray, options: argparse.Namespace) -> dict[str, Any]:
    image = spoil(as_image(path), options)
    if options.off_centre:
        window = off_centre(truth)
        if window is None:
            return {}
        image, truth = np.ascontiguousarray(image[window]), truth[window]
    row: dict[str, Any] = {}
    for reading in options.readings:
        start = time.perf_counter()
        found = segprior.foreground(image, reading=reading, features=options.features)
        row[reading] = iou(found.labels > 0, truth)
        row[f"{reading} score"] = found.score
        row[f"{reading} seconds"] = time.perf_counter() - start
        row |= found.evidence
    return row


def draw(folder: Path, rows: list[dict[str, Any]], options: argparse.Namespace) -> None:
    """Ten best above ten worst, each as image, mask and truth in a column."""
    from PIL import Image, ImageDraw

    reading = options.readings[0]
    ranked = sorted((r for r in rows if r["set"] == folder.name), key=lambda r: -r[reading])
    chosen = {row["image"]: row for row in ranked[:10] + ranked[-10:]}
    wide, high = 160, 120
    sheet = Image.new("RGB", (10 * wide, 6 * high))
    truths = {path.stem: (path, truth) for path, truth in pairs(folder, 1, 0)}
    for place, (name, row) in enumerate(chosen.items()):
        path, truth = truths[name]
        image = spoil(as_image(path), options)
        mask = segprior.foreground(image, reading=reading, features=options.features).labels
        for part, pixels in enumerate((to_uint8(to_rgb(image)), mask * np.uint8(255), truth)):
            tile = Image.fromarray(pixels).convert("RGB").resize((wide, high))
            if part == 1:
                ImageDraw.Draw(tile).text((4, 2), f"{row[reading]:.2f}", fill=(255, 60, 60))
            sheet.paste(tile, (place % 10 * wide, (place // 10 * 3 + part) * high))
    options.pictures.mkdir(parents=True, exist_ok=True)
    sheet.save(options.pictures / f"{folder.name}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=1, help="of a set of more than 20 images")
    parser.add_argument("--readings", nargs="+", choices=READINGS, default=list(READINGS))
    parser.add_argument("--features", default="auto")
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--blur", type=float, default=0.0)
    parser.add_argument("--jpeg", type=int, default=0)
    parser.add_argument("--off-centre", action="store_true")
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--store", type=Path, default=Path("foreground.jsonl"))
    options = parser.parse_args()

    from scipy.stats import spearmanr

    rows = []
    if options.store.exists():
        rows = [json.loads(line) for line in options.store.read_text().splitlines() if line]
    done = {(row["set"], row["image"]) for row in rows}
    for folder in options.data:
        many = len(list((folder / "images").iterdir())) > 20
        found = list(pairs(folder, options.every if many else 1, 0))
        for path, truth in tqdm(found, desc=folder.name):
            if (folder.name, path.stem) in done:
                continue
            row = {"set": folder.name, "image": path.stem, **measure(path, truth, options)}
            rows.append(row)
            with options.store.open("a") as stream:
                stream.write(json.dumps(row) + "\n")
    for name in dict.fromkeys(row["set"] for row in rows):
        here = [row for row in rows if row["set"] == name and options.readings[0] in row]
        print(f"\n{name}, {len(here)} images")
        for reading in options.readings:
            ious = [row[reading] for row in here]
            scores = [row[f"{reading} score"] for row in here]
            seconds = np.median([row[f"{reading} seconds"] for row in here])
            rank = spearmanr(ious, scores)[0]
            print(f"{reading:8s} IoU {np.mean(ious):.3f}  Spearman {rank:.2f}  {seconds:.2f} s")
    if options.pictures:
        for folder in options.data:
            draw(folder, rows, options)


if __name__ == "__main__":
    main()
