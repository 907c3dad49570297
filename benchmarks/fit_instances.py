"""Fit the weights by which things are told from what is none, and check them on other images.

    python benchmarks/fit_instances.py DATA/nuclei

``DATA/images`` holds images, ``DATA/instances`` a label map for each. Each half of the images is
told with the weights of the other; then weights of all of them are printed, as
``segprior.methods.foreground.instances.fitness`` has them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from segprior.image.pyramid import Pyramid
from segprior.io.image import as_image, list_images
from segprior.io.label_maps import read_labels
from segprior.methods.foreground.api import find_foreground
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.foreground.instances.find import level_of, pick, tree_of, usual_area
from segprior.methods.foreground.instances.fitness import terms
from segprior.metrics.instances import InstanceScores
from segprior.regions.threshold_tree.measures import Level
from segprior.regions.threshold_tree.tree import ThresholdTree

# A node is no thing below this IoU with the truth, and one from so much above it on.
NONE, ONE = 0.3, 0.35
# Images with many nodes count for more, but less than in proportion to their number.
POWER = 0.25
# Weights are drawn to 0 by so much, terms put to unit deviation.
SHRINK = 3.0


class Case(NamedTuple):
    name: str
    level: Level
    tree: ThresholdTree
    truth: np.ndarray
    target: np.ndarray


def read(path: Path, truth: np.ndarray) -> Case:
    image = Pyramid(as_image(path))
    mask = find_foreground(image, ForegroundConfig(reading="things")).labels > 0
    level = level_of(image.full, mask)
    tree = tree_of(level)
    sizes = np.bincount(truth.ravel())
    best = np.zeros(len(tree))
    for node in range(len(tree)):
        pixels = tree.of(node)
        shared = np.bincount(truth.ravel()[pixels], minlength=len(sizes))[1:]
        best[node] = (shared / (len(pixels) + sizes[1:] - shared)).max(initial=0)
    return Case(path.stem, level, tree, truth, np.clip((best - NONE) / ONE, 0, 1))


def regression(inputs: list[np.ndarray], targets: list[np.ndarray]) -> np.ndarray:
    """Logistic regression to targets between 0 and 1, by Newton's method."""
    x, y = np.concatenate(inputs), np.concatenate(targets)
    counts = np.concatenate([np.full(len(one), float(len(one)) ** -POWER) for one in inputs])
    centre, scale = x.mean(0), x.std(0) + 1e-9
    centre[0], scale[0] = 0, 1
    x = (x - centre) / scale
    shrink = np.full(x.shape[1], SHRINK)
    shrink[0] = 0
    weights = np.zeros(x.shape[1])
    for _ in range(25):
        guess = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (counts * (guess - y)) + shrink * weights
        bend = (x * (counts * guess * (1 - guess))[:, None]).T @ x + np.diag(shrink + 1e-9)
        weights -= np.linalg.solve(bend, slope)
    weights /= scale
    weights[0] -= centre @ weights
    return weights


def fit(cases: list[Case]) -> tuple[np.ndarray, np.ndarray]:
    """Weights before the usual size is known, and after."""
    first = regression([terms(c.tree.measures) for c in cases], [c.target for c in cases])
    areas = [usual_area(c.tree, first) for c in cases]
    seen = [(c, area) for c, area in zip(cases, areas, strict=True) if area]
    second = regression(
        [terms(c.tree.measures, area) for c, area in seen], [c.target for c, _ in seen]
    )
    return first, second


def told(cases: list[Case], weights: tuple[np.ndarray, np.ndarray]) -> list[dict[str, float]]:
    scores = InstanceScores()
    for case in cases:
        found = pick(case.level, case.tree, first=weights[0], second=weights[1])
        scores.add(case.truth, found.labels)
    return scores.per_image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    cases = []
    for path in tqdm(list_images(options.data / "images")):
        truth = read_labels(options.data / "instances" / f"{path.stem}.png")
        cases.append(read(path, truth.astype(np.int64)))
    halves = cases[::2], cases[1::2]
    rows = {
        "even images, weights of the odd": told(halves[0], fit(halves[1])),
        "odd images, weights of the even": told(halves[1], fit(halves[0])),
    }
    rows["all, of the other half"] = [row for half in rows.values() for row in half]
    weights = fit(cases)
    rows["all, of all"] = told(cases, weights)
    for name, found in rows.items():
        means = {key: np.mean([row[key] for row in found]) for key in found[0]}
        print(f"{name:34s}" + "  ".join(f"{key} {value:.3f}" for key, value in means.items()))
    for name, found in zip(("FIRST", "SECOND"), weights, strict=True):
        print(f"{name} = ({', '.join(f'{value:.3g}' for value in found)})")


if __name__ == "__main__":
    main()
