"""What the saliency maps of Double-DIP are worth, as maps and as hints.

    python benchmarks/saliency.py DATA/horses DATA/grabcut [--every 20] [--limit 10] [--size 192]

Each ``DATA`` holds ``images/S.jpg`` and ``masks/S.png`` (grey 65 to 190: do not count); of a set
of more than 20 images every ``--every``-th is taken. Images and masks are first reduced to
``--size``. Printed are means over images: IoU of the map cut at twice its mean; of the pixels that
the map's hint marks foreground, the share that really are, and of those that it marks background.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from polarity import iou, reduced_pairs

from segprior.features.saliency import background_saliency, spectral_saliency
from segprior.methods.double_dip.hints import hint_from_saliency

MAPS = {"background connectivity": background_saliency, "spectral residual": spectral_saliency}


def measure(saliency: NDArray[np.float32], truth: NDArray[np.float32]) -> tuple[float, ...]:
    hint = hint_from_saliency(saliency)
    marked = (float((truth[hint == sign] > 190).mean()) for sign in (1, -1))
    return (iou(saliency > 2 * saliency.mean(), truth), *marked)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=20, help="of a set of more than 20 images")
    parser.add_argument("--limit", type=int, default=10, help="at most so many images of each set")
    parser.add_argument("--size", type=int, default=192)
    options = parser.parse_args()
    print("| set, images | map | IoU | marked foreground | marked background |")
    print("| --- | --- | --- | --- | --- |")
    for folder in options.data:
        many = len(list((folder / "images").iterdir())) > 20
        every = options.every if many else 1
        found = list(reduced_pairs(folder, every, 0, options.size, options.limit))
        for name, saliency_of in MAPS.items():
            rows = [measure(saliency_of(image), truth) for _, image, truth in found]
            means = " | ".join(f"{value:.3f}" for value in np.mean(rows, axis=0))
            print(f"| {folder.name}, {len(rows)} | {name} | {means} |", flush=True)


if __name__ == "__main__":
    main()
