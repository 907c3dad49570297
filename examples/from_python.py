"""From an array to its prior and its mask, laid out in one picture.

python examples/from_python.py [IMAGE [OUTPUT.png]]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import segprior
from segprior.image.panels import strip
from segprior.io.pictures import save_picture

SAMPLE = Path(__file__).parent / "images" / "coffee.jpg"


def main(source: str | Path = SAMPLE, output: str | Path = "from_python.png") -> None:
    """Write image, prior, overlay, cutout and confidence side by side."""
    image = segprior.as_image(source)
    prior = segprior.fit_prior(image, rng=0)
    found = segprior.foreground(image, rng=0)
    panels: dict[str, Any] = {
        "image": image,
        "prior": prior.image,
        "foreground": found.overlay(image),
        "cutout": found.cutout(image)[..., :3],
        "confidence": found.confidence,
    }
    print(found)
    print(save_picture(output, strip(panels, image.shape[:2])))


if __name__ == "__main__":
    main(*sys.argv[1:])
