"""The picture that README.md opens with: sample images, their priors as they grow, and masks.

python examples/readme_picture.py [OUTPUT.png]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import segprior
from segprior.image.panels import strip
from segprior.io.pictures import save_picture

IMAGES = Path(__file__).parent / "images"
SAMPLES = ("coffee.jpg", "cell.png", "retina.jpg")
ITERATIONS = (5, 10, 20, 30)
WIDTH = 200


def row(name: str) -> np.ndarray:
    """Image, prior at some iterations, and overlay of one sample, side by side."""
    image = segprior.as_image(IMAGES / name)
    prior = segprior.fit_prior(image, snapshots=ITERATIONS)
    found = segprior.foreground(image, preset="dsp", prior=prior)
    panels = {
        "image": image,
        **{f"iteration {at}": prior.snapshots[at] for at in ITERATIONS},
        "foreground": found.overlay(image),
    }
    rows, columns = image.shape[:2]
    return strip(panels, (round(WIDTH * rows / columns), WIDTH))


def main(output: str | Path = "docs/images/readme.png") -> None:
    """Stack the rows of all samples."""
    print(save_picture(output, np.concatenate([row(name) for name in SAMPLES])))


if __name__ == "__main__":
    main(*sys.argv[1:])
