"""What a user would take instead, in turns: seconds of whole processes, and of one fit of a prior.

    python benchmarks/beside.py [IMAGE] [--rounds 5] [--iterations 10] [--only segment mask prior]

Whole processes from their start to the file, on one photograph of 481×321: ``segprior segment``
beside scripts with scikit-image's felzenszwalb, slic and quickshift at their defaults, and
``segprior foreground`` beside one with OpenCV's GrabCut at full size, five rounds from a rectangle.
Then one member of the prior, ``--iterations`` of them, beside the deep image prior of deepinv
(ConvDecoder at its defaults) at the same size. OpenCV and deepinv are left out where they are not
installed. They differ in what they find: docs/quality.md and docs/segment.md have scores.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from plain import sample

from segprior.io.pictures import save_picture

SIZE = (321, 481)
SEGMENTS = """
import sys
from skimage.io import imread, imsave
from skimage.segmentation import {name}
labels = {name}(imread(sys.argv[1]))
imsave(sys.argv[2], labels.astype("uint16"), check_contrast=False)
"""
GRABCUT = """
import sys
import cv2, numpy as np
image = cv2.imread(sys.argv[1])
mask = np.zeros(image.shape[:2], np.uint8)
h, w = mask.shape
cv2.grabCut(image, mask, (w // 20, h // 20, w - w // 10, h - h // 10), None, None, 5,
            cv2.GC_INIT_WITH_RECT)
cv2.imwrite(sys.argv[2], np.isin(mask, (1, 3)) * np.uint8(255))
"""
PRIOR = """
import sys, time
import numpy as np
import segprior
image = np.load(sys.argv[1])
segprior.fit_prior(image, members=1, iterations=1, working_size=None)
start = time.perf_counter()
segprior.fit_prior(image, members=1, iterations=int(sys.argv[2]), working_size=None)
print(time.perf_counter() - start)
"""
DEEPINV = """
import sys, time
import numpy as np, torch
from deepinv.models import ConvDecoder, DeepImagePrior
from deepinv.physics import Denoising
image = torch.from_numpy(np.load(sys.argv[1])).permute(2, 0, 1)[None]
def fit(iterations):
    network = ConvDecoder(img_size=image.shape[1:])
    DeepImagePrior(network, img_size=(256, 4, 4), iterations=iterations)(image, Denoising())
fit(1)
start = time.perf_counter()
fit(int(sys.argv[2]))
print(time.perf_counter() - start)
"""


def there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", nargs="?", help="default: scikit-image's coffee")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=10)
    parser.add_argument("--only", nargs="+", choices=["segment", "mask", "prior"],
                        default=["segment", "mask", "prior"])  # fmt: skip
    return parser.parse_args(words)


def sides(options: argparse.Namespace, folder: Path) -> dict[str, dict[str, list[str]]]:
    """By group and name: what to run; the first of a group is ours."""
    source, out = str(folder / "photo.png"), str(folder / "out.png")
    pixels = sample(options.image, *SIZE)
    save_picture(folder / "photo.png", pixels)
    np.save(folder / "photo.npy", pixels)
    fit = [str(folder / "photo.npy"), str(options.iterations)]
    ours = [sys.executable, "-m", "segprior"]
    groups = {
        "segment": {"segprior segment": [*ours, "segment", source, "-o", out, "-q"]},
        "mask": {"segprior foreground": [*ours, "foreground", source, "-o", out, "-q"]},
        "prior": {"segprior.fit_prior": [sys.executable, "-c", PRIOR, *fit]},
    }
    for name in ("felzenszwalb", "slic", "quickshift"):
        code = SEGMENTS.format(name=name)
        groups["segment"][name] = [sys.executable, "-c", code, source, out]
    if there("cv2"):
        groups["mask"]["OpenCV's GrabCut"] = [sys.executable, "-c", GRABCUT, source, out]
    if there("deepinv"):
        groups["prior"]["deepinv"] = [sys.executable, "-c", DEEPINV, *fit]
    return {name: groups[name] for name in options.only}


def main() -> None:
    options = parsed(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        for group, commands in sides(options, Path(folder)).items():
            times: dict[str, list[float]] = {name: [] for name in commands}
            for turn in range(options.rounds + 1):
                for name, words in commands.items():
                    start = time.perf_counter()
                    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
                    taken = time.perf_counter() - start
                    if turn:  # the first fills the disk's cache
                        times[name].append(float(done.stdout) if group == "prior" else taken)
            medians = {name: float(np.median(taken)) for name, taken in times.items()}
            ours = next(iter(medians.values()))
            print(f"| {group} | s, median | times ours |\n| --- | --- | --- |")
            for name, median in medians.items():
                print(f"| {name} | {median:.2f} | {median / ours:.2f} |")
            print(flush=True)


if __name__ == "__main__":
    main()
