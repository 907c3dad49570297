"""Test what the publication says of the prior, on images with masks.

    python benchmarks/claims.py DATA/horses DATA/grabcut [--out claims.jsonl] [--claims abc d]

Every 8th image of a set of more than 20 is taken. One JSON line per image goes to ``--out``;
images that are there are not done again. ``--report`` only prints the tables from it.

a   The prior captures the object early: IoU of one and the same clustering over the iterations.
b   It is no low-pass filter: edges and masks, against an ideal low-pass and a Gaussian blur that
    are as far from the image (equal PSNR).
c   Windows do not matter on it: masks with windows of 1, 3, 5, 7, of the prior and of the image.
d   The median of 11 members is stable: how far IoU and masks of independent groups of 1, 3, 5 and
    11 members differ.

Sizes are reduced, to a longest side of 160 pixels: ``abc`` fits 3 members of up to 200 iterations,
``d`` 22 members of 30. IoU is that of the better of the two polarities, which leaves the
choice of the polarity out of it. Intervals are 95 % of 10,000 bootstrap samples of the images.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from polarity import iou
from scipy import ndimage
from tqdm import tqdm

import segprior
from segprior.analysis.edges import canny_edges, edge_agreement
from segprior.analysis.spectrum import compare_octaves, low_pass, psnr
from segprior.analysis.stability import mask_iou
from segprior.config.prior import PriorConfig
from segprior.image.resize import resize, working_shape
from segprior.io.image import as_image, list_images
from segprior.methods.double_dip.hints import match_size
from segprior.prior.prior import fit_runs

ITERATIONS = (5, 10, 20, 30, 50, 100, 200)
WINDOWS = (1, 3, 5, 7)
GROUPS = (1, 3, 5, 11)
PRIOR_AT, SIZE, STABLE_AT, STABLE_MEMBERS = 50, 160, 30, 22


def split(image: NDArray[np.float32], window: int = 7) -> NDArray[np.bool_]:
    """The fixed clustering: K-means with k = 2 on the windows of a picture."""
    found = segprior.foreground(
        image, preset="dsp", features="image", working_size=None, window=window
    )
    return found.labels > 0


def better(mask: NDArray[np.bool_], truth: NDArray[np.uint8]) -> float:
    return max(iou(mask, truth), iou(~mask, truth))


def alike(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """IoU of two splits of the pixels, whichever side of them is called foreground."""
    return max(mask_iou(one, other), mask_iou(one, ~other))


def load(path: Path, size: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    image = as_image(path)
    mask = as_image(path.parents[1] / "masks" / f"{path.stem}.png")[..., 0]
    levels = np.rint(mask * 255).astype(np.uint8)
    small = resize(image, working_shape(image.shape, size))
    return small, match_size(levels, small.shape[:2])


def equal_psnr(
    image: NDArray[np.float32], filtered: Callable[[float], Any], wanted: float, low: float,
    high: float,
) -> tuple[float, NDArray[np.float32]]:  # fmt: skip
    """Find the strength of a filter, from weak to strong, that gives a PSNR, by bisection."""
    for _ in range(24):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if psnr(image, filtered(middle)) > wanted else (low, middle)
    return middle, np.clip(filtered(middle), 0, 1).astype(np.float32)


def smooth(image: NDArray[np.float32], cutoff: float) -> NDArray[np.float32]:
    """The ideal low-pass on the mirrored image, so that opposite borders do not mix."""
    rows, columns = image.shape[:2]
    wider = np.pad(image, ((0, rows), (0, columns), (0, 0)), mode="symmetric")
    return low_pass(wider, cutoff)[:rows, :columns]


def blur(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return ndimage.gaussian_filter(image, (sigma, sigma, 0), mode="reflect")


def measure_abc(path: Path) -> dict[str, Any]:
    image, truth = load(path, SIZE)
    config = PriorConfig(members=3, iterations=PRIOR_AT, working_size=None, snapshots=ITERATIONS)
    runs = fit_runs(image, config, seed=0)
    shots = {at: np.median([run.snapshots[at] for run in runs], axis=0) for at in ITERATIONS}
    prior = shots[PRIOR_AT]
    row: dict[str, Any] = {
        "iou": {str(at): better(split(shot), truth) for at, shot in shots.items()},
        "iou_image": better(split(image), truth),
        "psnr": {str(at): psnr(image, shot) for at, shot in shots.items()},
    }
    wanted = psnr(image, prior)
    cutoff, lowered = equal_psnr(image, lambda c: smooth(image, 1 / c), wanted, 1.42, 100)
    sigma, blurred = equal_psnr(image, lambda s: blur(image, s), wanted, 0.05, 50)
    row |= {"cutoff": 1 / cutoff, "sigma": sigma}
    edges = canny_edges(image)
    for name, picture in (("prior", prior), ("low_pass", lowered), ("blur", blurred)):
        agreement = edge_agreement(edges, canny_edges(picture))
        second, third = compare_octaves(image, picture)[1:3]
        row[name] = {
            "psnr": psnr(image, picture),
            "precision": agreement.precision,
            "recall": agreement.recall,
            "f": agreement.f,
            "iou": better(split(picture), truth),
            "kept_high": second.kept,
            "coherence_high": second.coherence,
            "kept_middle": third.kept,
        }
    for name, picture in (("of_image", image), ("of_prior", prior)):
        masks = {window: split(picture, window) for window in WINDOWS}
        row[name] = {
            "neighbours": float(
                np.mean([alike(masks[a], masks[b]) for a, b in itertools.pairwise(WINDOWS)])
            ),
            "first_last": alike(masks[WINDOWS[0]], masks[WINDOWS[-1]]),
            "iou": {str(window): better(mask, truth) for window, mask in masks.items()},
        }
    return row


def measure_d(path: Path) -> dict[str, Any]:
    image, truth = load(path, SIZE)
    config = PriorConfig(members=STABLE_MEMBERS, iterations=STABLE_AT, working_size=None)
    outputs = [run.output for run in fit_runs(image, config, seed=0)]
    row: dict[str, Any] = {}
    for size in GROUPS:
        starts = range(0, STABLE_MEMBERS - size + 1, size)
        priors = [np.median(outputs[first : first + size], axis=0) for first in starts]
        masks = [split(prior) for prior in priors]
        ious = [better(mask, truth) for mask in masks]
        pairs = list(itertools.combinations(range(len(masks)), 2))
        row[str(size)] = {
            "iou": float(np.mean(ious)),
            "iou_gap": float(np.mean([abs(ious[a] - ious[b]) for a, b in pairs])),
            "alike": float(np.mean([alike(masks[a], masks[b]) for a, b in pairs])),
            "pixels": float(np.mean([np.abs(priors[a] - priors[b]).mean() for a, b in pairs])),
        }
    return row


def interval(values: Any, *, digits: int = 3) -> str:
    """Mean over images with its bootstrap interval; images without a value are left out."""
    values = np.asarray([value for value in values if value == value], np.float64)
    rng = np.random.default_rng(0)
    means = values[rng.integers(len(values), size=(10_000, len(values)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return f"{values.mean():.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def gap(rows: list[dict[str, Any]], one: Callable[..., float], other: Callable[..., float]) -> str:
    return interval([one(row) - other(row) for row in rows])


def report(lines: list[dict[str, Any]]) -> None:
    sets = list(dict.fromkeys(line["set"] for line in lines))
    for set_ in [*sets, "all"] if len(sets) > 1 else sets:
        chosen = [line for line in lines if set_ in (line["set"], "all")]
        rows = [line["row"] for line in chosen if line["claims"] == "abc"]
        if rows:
            print(f"\n{set_}, {len(rows)} images, a: IoU over the iterations")
            for at in map(str, ITERATIONS):
                print(f"| {at} | {interval([r['iou'][at] for r in rows])} |")
            print(f"| image | {interval([r['iou_image'] for r in rows])} |")
            for one, other in (("20", "200"), ("50", "200"), ("10", "50"), ("50", "100")):
                text = gap(rows, lambda r, a=one: r["iou"][a], lambda r, a=other: r["iou"][a])
                print(f"| {one} - {other} | {text} |")
            for at in ("20", "50", "200"):
                text = gap(rows, lambda r, a=at: r["iou"][a], lambda r: r["iou_image"])
                print(f"| {at} - image | {text} |")
            print(f"\n{set_}, b: filters of equal PSNR")
            for key in rows[0]["prior"]:
                cells = [interval([r[n][key] for r in rows]) for n in ("prior", "low_pass", "blur")]
                for name in ("low_pass", "blur"):
                    cells.append(
                        gap(rows, lambda r, k=key: r["prior"][k], lambda r, k=key, n=name: r[n][k])
                    )
                print(f"| {key} | {' | '.join(cells)} |")
            print(f"| cutoff | {interval([r['cutoff'] for r in rows])} |")
            print(f"| sigma | {interval([r['sigma'] for r in rows])} |")
            print(f"\n{set_}, c: windows (image | prior | prior - image)")
            sides = ("of_image", "of_prior")
            tests: dict[str, Callable[..., float]] = {
                "neighbours": lambda side: side["neighbours"],
                "1 against 7": lambda side: side["first_last"],
                "range of IoU": lambda side: float(np.ptp(list(side["iou"].values()))),
                **{f"IoU, window {w}": lambda side, w=w: side["iou"][str(w)] for w in WINDOWS},
            }
            for name, of in tests.items():
                cells = [interval([of(r[side]) for r in rows]) for side in sides]
                one, other = ((lambda r, f=of, s=side: f(r[s])) for side in sides)
                cells.append(gap(rows, other, one))
                print(f"| {name} | {' | '.join(cells)} |")
        rows = [line["row"] for line in chosen if line["claims"] == "d"]
        if rows:
            print(f"\n{set_}, {len(rows)} images, d: members (IoU | its gap | alike | pixels)")
            for size in map(str, GROUPS):
                cells = [interval([r[size][key] for r in rows]) for key in rows[0][size]]
                print(f"| {size} | {' | '.join(cells)} |")
            for key in ("iou", "iou_gap", "alike"):
                text = gap(rows, lambda r, k=key: r["11"][k], lambda r, k=key: r["1"][k])
                print(f"| 11 - 1, {key} | {text} |")
                text = gap(rows, lambda r, k=key: r["11"][k], lambda r, k=key: r["3"][k])
                print(f"| 11 - 3, {key} | {text} |")


def read(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file; a last one cut short by an interruption is left out."""
    lines = []
    for text in path.read_text().splitlines() if path.exists() else []:
        try:
            lines.append(json.loads(text))
        except ValueError:
            continue
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, nargs="*")
    parser.add_argument("--out", type=Path, default=Path("claims.jsonl"))
    parser.add_argument("--claims", nargs="+", choices=["abc", "d"], default=["abc", "d"])
    parser.add_argument("--every", type=int, default=8, help="of a set of more than 20 images")
    parser.add_argument("--report", action="store_true")
    options = parser.parse_args()

    measures = {"abc": measure_abc, "d": measure_d}
    done = {(line["claims"], line["set"], line["image"]) for line in read(options.out)}
    wanted = []
    for claims in options.claims:
        for folder in options.data:
            images = list_images(folder / "images")
            images = images[:: options.every] if len(images) > 20 else images
            wanted += [(claims, folder.name, path) for path in images]
    wanted = [job for job in wanted if (job[0], job[1], job[2].stem) not in done]
    for claims, set_, path in [] if options.report else tqdm(wanted):
        line = {"claims": claims, "set": set_, "image": path.stem, "row": measures[claims](path)}
        with options.out.open("a") as stream:
            stream.write(json.dumps(line) + "\n")
    report(read(options.out))


if __name__ == "__main__":
    main()
