"""What more time buys the default mask: IoU and seconds with fewer and more voters.

    python benchmarks/effort.py DATA/horses DATA/grabcut [--every 4] [--cuts]

The reading as one object, which takes nearly all of the time: GrabCut from one rectangle alone;
then votes of 2 to 17 masks, each with what regions say; the default is the vote of 7. With
``--cuts`` it is always 7, cut at several sizes in more or fewer rounds. All settings take turns on
each image. The machine should be idle.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from quality_foreground import iou, pairs
from tqdm import tqdm

import segprior
from segprior.image.upsampling import enlarge
from segprior.io.image import as_image
from segprior.methods.baselines.masks import grabcut
from segprior.methods.foreground.salient_object import INSETS, WIDTHS, read_object

VOTES: dict[str, dict[str, Any]] = {
    "2 voters": {"widths": WIDTHS[:1], "insets": ()},
    "3 voters": {"widths": WIDTHS[:1], "insets": INSETS[1:2]},
    "5 voters": {"insets": INSETS[1:2]},
    "7 voters, the default": {},
    "11 voters": {"widths": (*WIDTHS, 0.26), "insets": (*INSETS, 0.05, 0.1)},
    "17 voters": {
        "widths": (*WIDTHS, 0.26, 0.35, 0.18),
        "insets": (*INSETS, 0.05, 0.1, 0.12, 0.2),
    },
}
CUTS: dict[str, dict[str, Any]] = {
    f"cuts at {size}, {guess} and {box}": {"cut_size": size, "rounds": (guess, box)}
    for size in (256, 192, 160)
    for guess, box in ((3, 5), (1, 2))
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=4, help="of a set of more than 20 images")
    parser.add_argument("--cuts", action="store_true", help="sizes and rounds of cuts instead")
    options = parser.parse_args()
    settings = CUTS if options.cuts else VOTES
    segprior.foreground(np.random.default_rng(0).random((64, 64, 3)))  # loads the libraries
    for folder in options.data:
        many = len(list((folder / "images").iterdir())) > 20
        scores: dict[str, list[tuple[float, float]]] = {}
        for path, truth in tqdm(list(pairs(folder, options.every if many else 1, 0))):
            image = as_image(path)
            start = time.perf_counter()
            mask = grabcut(image, 0) > 0
            seconds = time.perf_counter() - start
            scores.setdefault("GrabCut", []).append((iou(mask, truth), seconds))
            for name, how in settings.items():
                start = time.perf_counter()
                found = read_object(image, 0, **how)
                strips = enlarge(found.share[None], image.shape[:2])
                mask = np.concatenate([strip[0] > 0.5 for _, strip in strips])
                seconds = time.perf_counter() - start
                scores.setdefault(name, []).append((iou(mask, truth), seconds))
        print(f"\n{folder.name}, {len(scores['GrabCut'])} images")
        for name, rows in scores.items():
            values = np.array(rows)
            print(f"{name:24s} IoU {values[:, 0].mean():.3f}  {np.median(values[:, 1]):.2f} s")


if __name__ == "__main__":
    main()
