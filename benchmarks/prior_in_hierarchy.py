"""What the prior adds to a hierarchy, wherever it could speak, on clean and on spoilt images.

    python benchmarks/prior_in_hierarchy.py DATA/bsds500 [--split train] [--every 10] [--store FILE]

Beside the hierarchy of the image alone: the prior's hidden features in the strength of edges (as
``--edges prior`` has it); words of texture of the prior's picture in place of the image's; hidden
features in the affinities of the whole image alone; edges on which the members agree; and edges
that stay from an early iteration to the last (scale space). Images are clean, with noise of .1 and
.2, compressed (JPEG 10), blurred (2 pixels), and of a fifth of their contrast. What noisy images
get by default, a blur, all have. A row tells the gain in covering (SC) at the best cut of each
image and at 50 segments, with a bootstrap interval of 95 %.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from quality_foreground import spoil
from tqdm import tqdm

import segprior
from segprior.features.gradients import boundary_strength, gradient, hidden_gradient
from segprior.features.textons import texton_map
from segprior.image.colour import as_colours
from segprior.image.noise import calm
from segprior.image.resize import resize, working_shape
from segprior.image.upsampling import enlarge_labels
from segprior.io.formats.bsds import read_annotations
from segprior.io.image import as_image
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.hierarchy import hidden_features
from segprior.metrics import SettingScores
from segprior.regions.merging import Weights, merge_regions
from segprior.regions.watershed import basins

CONFIG = SegmentConfig.preset()
SPOILT = {
    "clean": {}, "noise .1": {"noise": 0.1}, "noise .2": {"noise": 0.2}, "JPEG 10": {"jpeg": 10},
    "blur 2": {"blur": 2.0}, "a fifth of the contrast": {"contrast": 0.2},
}  # fmt: skip
EARLY = 10
CUTS = np.geomspace(1, 200, 60).tolist()


def spoilt(image: np.ndarray, how: dict[str, float]) -> np.ndarray:
    if "contrast" in how:
        image = (0.5 + how["contrast"] * (image - 0.5)).astype(np.float32)
    given = {"noise": 0.0, "blur": 0.0, "jpeg": 0} | how
    return spoil(image, argparse.Namespace(**given))


def hierarchies(image: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Regions, merges and costs of each contender."""
    from scipy.ndimage import gaussian_filter

    small = resize(image, working_shape(image.shape, CONFIG.working_size))
    shape = small.shape[:2]
    config = CONFIG.prior.replace(
        snapshots=(EARLY, CONFIG.prior.iterations), features=hidden_features(CONFIG.prior)
    )
    prior = segprior.fit_prior(image, config=config)
    rows, columns = prior.members.shape[1:3]
    hidden = []
    for key in hidden_features(prior.config):
        step = 2 ** (int(key[0][-1]) - 1)
        hidden.append(hidden_gradient(prior.features[key], (rows / step, columns / step), shape))

    def enlarged(picture: np.ndarray) -> np.ndarray:
        return as_colours(np.clip(resize(picture, shape), 0, 1).astype(np.float32))

    colours = as_colours(calm(small))
    words = texton_map(colours, 0)
    plain = boundary_strength(colours, [])
    edges = boundary_strength(colours, hidden)
    agreed = np.min([gradient(enlarged(one), 1) for one in prior.members], axis=0)
    staying = np.minimum(*(gradient(enlarged(shot), 1) for shot in prior.snapshots.values()))

    def grown(strength: np.ndarray, textons: np.ndarray) -> tuple[np.ndarray, ...]:
        regions = basins(gaussian_filter(strength, 1.0)) - 1
        return regions, *merge_regions(regions, strength, textons, Weights())

    def with_cue(cue: np.ndarray) -> np.ndarray:
        """The cue at the level of the image's edges, with the share that hidden features have."""
        return (0.7 * plain + 0.3 * plain.mean() * cue / max(float(cue.mean()), 1e-6)).astype("f4")

    regions = basins(gaussian_filter(plain, 1.0)) - 1
    return {
        "image alone": grown(plain, words),
        "edges": grown(edges, words),
        "words": grown(plain, texton_map(enlarged(prior.image), 0)),
        "affinities": (
            regions, *merge_regions(regions, plain, words, Weights(), seen=edges)
        ),
        "members' agreement": grown(with_cue(agreed), words),
        "scale space": grown(with_cue(staying), words),
    }  # fmt: skip


def measure(image: np.ndarray, truth: list[np.ndarray]) -> dict[str, dict[str, float]]:
    row = {}
    for name, (regions, merges, costs) in hierarchies(image).items():
        large = enlarge_labels(regions, image.shape[:2])
        scores = SettingScores(CUTS)
        found = scores.add_hierarchy(truth, large, merges, costs)
        segments = np.array(found["segments"])
        at = int(np.argmin(np.abs(np.log(segments / 50))))
        row[name] = {"best": max(found["sc"]), "at 50": found["sc"][at]}
    return row


def interval(gains: np.ndarray) -> tuple[float, float]:
    draw = np.random.default_rng(0).choice(gains, (2000, len(gains)))
    low, high = np.percentile(draw.mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", choices=("train", "val"), default="train")
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--store", type=Path, default=Path("prior_in_hierarchy.jsonl"))
    options = parser.parse_args()
    lines = options.store.read_text().splitlines() if options.store.exists() else []
    kept: dict[tuple[str, str], Any] = {
        (row["image"], row["spoilt"]): row["scores"] for row in map(json.loads, lines)
    }
    paths = sorted((options.data / "images" / options.split).glob("*.jpg"))[:: options.every]
    for name, how in SPOILT.items():
        for path in tqdm(paths, desc=name):
            if (path.stem, name) in kept:
                continue
            file = options.data / "groundTruth" / options.split / f"{path.stem}.mat"
            truth = [annotation[0] for annotation in read_annotations(file)]
            kept[path.stem, name] = measure(spoilt(as_image(path), how), truth)
            with options.store.open("a") as stream:
                row = {"image": path.stem, "spoilt": name, "scores": kept[path.stem, name]}
                stream.write(json.dumps(row) + "\n")
    print(f"{options.split}, {len(paths)} images\n\n| | | SC, best cut | SC, 50 segments |")
    print("| --- | --- | --- | --- |")
    for name in SPOILT:
        rows = [kept[path.stem, name] for path in paths]
        for contender in rows[0]:
            cells = []
            for kind in ("best", "at 50"):
                values = np.array([row[contender][kind] for row in rows])
                alone = np.array([row["image alone"][kind] for row in rows])
                cell = f"{values.mean():.3f}"
                if contender != "image alone":
                    low, high = interval(values - alone)
                    cell = f"{np.mean(values - alone):+.3f} [{low:+.3f}, {high:+.3f}]"
                cells.append(cell)
            print(f"| {name} | {contender} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
