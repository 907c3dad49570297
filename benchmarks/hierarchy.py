"""Where the time of a hierarchy goes, and what its memory is: milliseconds of each stage.

    python benchmarks/hierarchy.py photo.jpg [more ...] [--rounds 7]

Medians over the rounds, in one process; shares of the whole beside them, since this is what can be
compared from machine to machine. The last column is the most memory the process has had.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from segprior.features.co_occurrence import diffusion
from segprior.features.gradients import boundary_strength
from segprior.features.textons import texton_map
from segprior.image.colour import as_colours
from segprior.image.noise import is_noisy
from segprior.image.resize import resize, working_shape
from segprior.image.upsampling import enlarge_labels
from segprior.io.image import as_image
from segprior.methods.multiclass.config import SegmentConfig
from segprior.regions.adjacency import Content, touching_pairs
from segprior.regions.dendrogram import cut_table
from segprior.regions.label_map import by_area
from segprior.regions.merging import Weights, count_textons, merge_regions
from segprior.regions.spectral import random_walk
from segprior.regions.watershed import basins


def measure(path: Path) -> dict[str, float]:
    """Seconds of each stage."""
    spent: dict[str, float] = {}

    def timed(stage: str, function: Callable[..., Any], *given: Any, **options: Any) -> Any:
        start = time.perf_counter()
        found = function(*given, **options)
        spent[stage] = spent.get(stage, 0) + time.perf_counter() - start
        return found

    image = timed("reading", as_image, path)
    size = SegmentConfig.preset().working_size
    small = timed("to the working size", resize, image, working_shape(image.shape, size))
    timed("noise", is_noisy, small)
    colours = timed("colours", as_colours, small)
    textons = timed("words", texton_map, colours, 0)
    strength = timed("edges", boundary_strength, colours, [])
    regions = timed("first regions", lambda: basins(gaussian_filter(strength, 1.0)) - 1)
    merges, _ = timed("merging, all of it", merge_regions, regions, strength, textons, Weights())
    # Two of its parts, once more.
    spread = timed("  diffusion of words", diffusion, textons)
    histograms = count_textons(regions, textons)
    content = Content(histograms.sum(axis=1), histograms, histograms @ spread)
    pairs = touching_pairs(regions.astype(np.int64), strength, len(histograms))
    timed("  the whole image", random_walk, pairs, content, np.full(len(pairs.first), 0.3))
    large = timed("to full size", enlarge_labels, regions, image.shape[:2])
    table = cut_table(merges, max(len(merges) - 75, 0))
    timed("a cut", lambda: by_area(table[large]))
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    for path in options.images:
        rows = [measure(path) for _ in range(options.rounds)]
        times = {stage: float(np.median([row[stage] for row in rows])) for stage in rows[0]}
        whole = sum(seconds for stage, seconds in times.items() if not stage.startswith(" "))
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"\n{path.name}, {as_image(path).shape}, {whole:.2f} s, {most:.2f} GB\n")
        print("| stage | ms | share |\n| --- | --- | --- |")
        for stage, seconds in times.items():
            print(f"| {stage} | {1000 * seconds:.0f} | {seconds / whole:.2f} |")


if __name__ == "__main__":
    main()
