"""Our GrabCut beside OpenCV's on one thread each: seconds, IoU with the truth and with each other.

    python benchmarks/grabcut.py DATA/horses DATA/grabcut [--size 256] [--every 8] [--seeds 1]

Each ``DATA`` holds ``images/S.jpg`` and ``masks/S.png`` (grey 65 to 190: do not count). The object
is cut out of centred rectangles, inset by 3, 8 and 15 %, in turns by the one and the other.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from polarity import iou, reduced_pairs
from tqdm import tqdm

from segprior.regions.grabcut import as_picture, cut, inside

Mask = NDArray[np.bool_]


def by_us(picture: NDArray[np.uint8], box: Mask, seed: int) -> Mask:
    return cut(picture, box, seed, ground=~box)


def by_opencv(picture: NDArray[np.uint8], box: Mask, seed: int) -> Mask:
    labels = np.where(box, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    cv2.setRNGSeed(seed)
    cv2.grabCut(picture, labels, None, None, None, 5, cv2.GC_INIT_WITH_MASK)
    return labels == cv2.GC_PR_FGD


def timed(function: Callable[..., Mask], *given: Any) -> tuple[Mask, float]:
    start = time.perf_counter()
    found = function(*given)
    return found, time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--every", type=int, default=8, help="of a set of more than 20 images")
    parser.add_argument("--seeds", type=int, default=1)
    words = parser.parse_args()
    cv2.setNumThreads(1)
    for folder in words.data:
        every = words.every if len(list((folder / "images").iterdir())) > 20 else 1
        rows = []
        for _, image, truth in tqdm(reduced_pairs(folder, every, 0, words.size, None)):
            picture = as_picture(image)
            for inset in (0.03, 0.08, 0.15):
                box = np.zeros(truth.shape, bool)
                box[inside(image.shape, inset)] = True
                for seed in range(words.seeds):
                    ours, seconds = timed(by_us, picture, box, seed)
                    theirs, slow = timed(by_opencv, picture, box, seed)
                    alike = (ours & theirs).sum() / max((ours | theirs).sum(), 1)
                    levels = truth.astype(np.uint8)
                    rows.append((iou(ours, levels), iou(theirs, levels), alike, seconds, slow))
        table = np.array(rows)
        ours, theirs, _, fast, slow = table.mean(0)
        ratios = table[:, 4] / table[:, 3]
        print(
            f"{folder.name}, {len(rows)} cuts at {words.size}\n"
            f"IoU          ours {ours:.3f}  OpenCV {theirs:.3f}\n"
            f"milliseconds ours {1e3 * fast:.0f}  OpenCV {1e3 * slow:.0f}, {slow / fast:.1f} times "
            f"(median of the ratios {np.median(ratios):.1f}, lowest {ratios.min():.1f})\n"
            f"IoU of the two, median {np.median(table[:, 2]):.3f}"
        )


if __name__ == "__main__":
    main()
