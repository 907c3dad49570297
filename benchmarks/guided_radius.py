"""Masks of Double-DIP, and of its hint alone, by the radius of the guided filter.

    python benchmarks/guided_radius.py DATA/horses DATA/grabcut [--every 48 2] [--offset 0 1]
                                       [--limit 4] [--radii 4 10 20 35 50] [--size 192]

Each ``DATA`` holds ``images/S.jpg`` and ``masks/S.png`` (grey 65 to 190: do not count); of the
sets in order every ``--every``-th image is taken from the ``--offset``-th on. Images and masks
are first reduced to ``--size``, at which the radii are meant. The hint is our own mask of the
image; ``--foreground KEY=VALUE,...`` says how that is made, K-means on the prior if it does not.
Printed is the mean IoU.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from options import read_options
from polarity import iou, reduced_pairs

import segprior
from segprior.image.guided_filter import guided_filter
from segprior.image.resize import resize


def by_radius(
    image: NDArray[np.float32], mask: NDArray[np.float32], truth: NDArray[np.float32], radii: list
) -> list[float]:
    """IoU of a soft mask, on a coarser grid than the image, without the filter and with it."""
    eps, scale = segprior.DoubleDipConfig().eps, max(mask.shape) / max(image.shape[:2])
    plain = resize(mask[..., None], image.shape[:2])[..., 0]
    filtered = [
        guided_filter(image, mask, radius=max(1, round(radius * scale)), eps=eps)
        for radius in radii
    ]
    return [iou(soft > 0.5, truth) for soft in (plain, *filtered)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--every", type=int, nargs="+", default=[48, 2])
    parser.add_argument("--offset", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--limit", type=int, default=4, help="at most so many images of each set")
    parser.add_argument("--radii", type=int, nargs="+", default=[4, 10, 20, 35, 50])
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--preset", default="fast", help="of Double-DIP")
    parser.add_argument(
        "--foreground", default="method=kmeans", metavar="KEY=VALUE,...", help="of the hint"
    )
    options = parser.parse_args()
    how = read_options(segprior.ForegroundConfig, options.foreground)
    print("| radius | none | " + " | ".join(map(str, options.radii)) + " |")
    print("| --- |" + " --- |" * (len(options.radii) + 1))
    for folder, every, offset in zip(options.data, options.every, options.offset, strict=True):
        fits, hints = [], []
        for _, image, truth in reduced_pairs(folder, every, offset, options.size, options.limit):
            hint = segprior.foreground(image, **how).labels > 0
            mask = segprior.double_dip(image, hint, preset=options.preset).fitted["mask"]
            small = resize(hint[..., None].astype(np.float32), mask.shape)[..., 0]
            fits.append(by_radius(image, mask, truth, options.radii))
            hints.append(by_radius(image, small, truth, options.radii))
        for name, rows in (("Double-DIP", fits), ("hint", hints)):
            means = " | ".join(f"{value:.3f}" for value in np.mean(rows, axis=0))
            print(f"| {folder.name}, {len(rows)}: {name} | {means} |", flush=True)


if __name__ == "__main__":
    main()
