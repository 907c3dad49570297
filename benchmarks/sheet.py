"""A sheet of forty pictures with their masks, contours drawn, to be looked at.

    python benchmarks/sheet.py sheet.png [DATA ...] [--count 40] [--columns 8] [--preset fast]

The pictures are scikit-image's own and, in turns, those of the folders ``DATA`` (or of
``DATA/images``), evenly spread. Each has the contour of its mask in yellow, what is background
darkened, and a title: its name, the share of foreground, the confidence, ``empty`` where nothing
was told apart; with ``DATA/masks/STEM.png`` (grey 65 to 190: do not count) the IoU too.
``--option`` gives one of ``segprior.foreground``, as in ``--option reading=things``.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from skimage import data
from tqdm import tqdm

import segprior
from segprior.image.colour import to_rgb, to_uint8
from segprior.image.overlay import draw_mask
from segprior.io.image import as_image, list_images

SIDE, TITLE = 240, 30
OWN = [
    "chelsea", "cell", "page", "text", "logo", "rocket", "coins", "astronaut", "coffee", "camera",
    "immunohistochemistry", "hubble_deep_field", "moon", "retina", "clock", "horse", "colorwheel",
    "microaneurysms",
]  # fmt: skip
Picture = tuple[str, Any, Path | None]


def own() -> Iterator[Picture]:
    for name in OWN:
        yield name, getattr(data, name)(), None


def of_folder(folder: Path, count: int) -> Iterator[Picture]:
    files = list_images(folder / "images" if (folder / "images").is_dir() else folder)
    chosen = np.unique(np.linspace(0, len(files) - 1, min(count, len(files))).round().astype(int))
    for number in chosen:
        truth = folder / "masks" / f"{files[number].stem}.png"
        yield (
            f"{folder.name} {files[number].stem}",
            files[number],
            truth if truth.exists() else None,
        )


def pictures(folders: list[Path], count: int) -> list[Picture]:
    left = max(0, count - len(OWN))
    each = [list(of_folder(folder, -(-left // len(folders)))) for folder in folders]
    turns = chain.from_iterable(zip_longest(*each))
    return [*own(), *(one for one in turns if one is not None)][:count]


def score(mask: NDArray[np.bool_], truth: Path) -> float:
    drawn = np.asarray(Image.open(truth).convert("L"))
    counts = (drawn < 65) | (drawn > 190)
    true = drawn > 127
    return float((mask & true & counts).sum() / max(1, ((mask | true) & counts).sum()))


def panel(picture: Picture, options: dict[str, Any]) -> Image.Image:
    name, image, truth = picture
    found = segprior.foreground(image, **options)
    title = f"{name}\n{found.foreground:.0%}, confidence {found.score:.2f}"
    if truth is not None:
        title += f", IoU {score(found.labels > 0, truth):.2f}"
    if found.empty:
        title += ", empty"
    drawn = draw_mask(
        to_uint8(to_rgb(as_image(image))), found.labels > 0, alpha=0.5, boundaries=True
    )
    small = Image.fromarray(drawn)
    small.thumbnail((SIDE, SIDE))
    sheet = Image.new("RGB", (SIDE + 8, SIDE + TITLE + 8), "white")
    sheet.paste(small, ((SIDE + 8 - small.width) // 2, TITLE + 2))
    ImageDraw.Draw(sheet).multiline_text((4, 1), title, fill="black")
    return sheet


def value(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return {"True": True, "False": False}.get(text, text)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("data", type=Path, nargs="*")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE")
    words = parser.parse_args()
    options = {name: value(text) for name, text in (one.split("=", 1) for one in words.option)}
    warnings.simplefilter("ignore", segprior.EmptyResultWarning)  # it is in the title
    panels = [
        panel(picture, {"preset": words.preset, **options})
        for picture in tqdm(pictures(words.data, words.count))
    ]
    columns = min(words.columns, len(panels))
    rows = -(-len(panels) // columns)
    sheet = Image.new("RGB", (columns * panels[0].width, rows * panels[0].height), "white")
    for number, one in enumerate(panels):
        row, column = divmod(number, columns)
        sheet.paste(one, (column * one.width, row * one.height))
    sheet.save(words.out)


if __name__ == "__main__":
    main()
