"""Thirty images whose things differ from their ground in colour or in few bands, with their truth.

    python benchmarks/axis_images.py OUT

Ten are green leaves on brown soil, ten one stain on another, ten have nine bands of which three
show the things. Textures are scikit-image's own pictures (``grass``, ``gravel``, ``brick``,
``camera``, ``moon``, ``coffee``), shapes are ellipses, rosettes and blobs that are drawn here. In
grey, things and ground are of the same mean and nearly the same spread. ``OUT/images`` and
``OUT/masks`` are as :mod:`polarity` reads them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage import data, draw

ROWS, COLUMNS = 300, 420
TEXTURES = ("gravel", "brick", "grass", "camera", "moon")


def texture(name: str, turn: np.random.Generator) -> NDArray[np.float64]:
    """A window of one of scikit-image's pictures, standardised."""
    whole = getattr(data, name)().astype(np.float64)
    top, left = (
        turn.integers(0, s - n + 1) for s, n in zip(whole.shape, (ROWS, COLUMNS), strict=True)
    )
    part = whole[top : top + ROWS, left : left + COLUMNS]
    if turn.random() < 0.5:
        part = part[:, ::-1]
    part = part - ndimage.gaussian_filter(part, 60)
    return np.clip((part - part.mean()) / part.std(), -2.5, 2.5)


def ellipses(turn: np.random.Generator, count: int, size: float) -> NDArray[np.bool_]:
    mask = np.zeros((ROWS, COLUMNS), bool)
    for _ in range(count):
        r, c = size * turn.uniform(0.7, 1.3, 2)
        at = turn.uniform(0, ROWS), turn.uniform(0, COLUMNS)
        mask[draw.ellipse(*at, r, c, mask.shape, turn.uniform(0, np.pi))] = True
    return mask


def rosettes(turn: np.random.Generator, count: int, size: float) -> NDArray[np.bool_]:
    """Leaves around centres."""
    mask = np.zeros((ROWS, COLUMNS), bool)
    for _ in range(count):
        at = np.array([turn.uniform(0.1, 0.9) * ROWS, turn.uniform(0.1, 0.9) * COLUMNS])
        leaves = turn.integers(4, 9)
        for leaf in range(leaves):
            angle = 2 * np.pi * (leaf + turn.uniform(-0.2, 0.2)) / leaves
            reach = size * turn.uniform(0.6, 1.1)
            middle = at + 0.6 * reach * np.array([np.sin(angle), np.cos(angle)])
            mask[draw.ellipse(*middle, 0.22 * reach, 0.5 * reach, mask.shape, -angle)] = True
    return mask


def blobs(turn: np.random.Generator) -> NDArray[np.bool_]:
    found = data.binary_blobs(COLUMNS, 0.06, volume_fraction=0.25, rng=turn)
    return found[:ROWS]


def shapes(kind: int, turn: np.random.Generator) -> NDArray[np.bool_]:
    """Few or many things of one sort, from 5 to 40 % of the image."""
    if kind % 3 == 0:
        return rosettes(turn, int(turn.integers(1, 6)), turn.uniform(45, 80))
    if kind % 3 == 1:
        return ellipses(turn, int(turn.integers(10, 60)), turn.uniform(8, 16))
    return blobs(turn)


def lit(shape: tuple[int, int], turn: np.random.Generator) -> NDArray[np.float64]:
    """Light that falls off to one side, by up to 15 %."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] / max(shape)
    angle = turn.uniform(0, 2 * np.pi)
    slope: NDArray[np.float64] = np.cos(angle) * rows + np.sin(angle) * columns
    return 1 + turn.uniform(0, 0.15) * (slope - slope.mean())


def plants(number: int, turn: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Green on brown of the same grey: sRGB from 0 to 1."""
    mask = shapes(number, turn)
    grey = 0.35 + 0.09 * texture(TEXTURES[number % 3], turn)
    leaf = 0.35 + 0.05 * ndimage.gaussian_filter(texture("camera", turn), 1.5)
    brown = np.array([1.28, 0.98, 0.74]) * turn.uniform(0.95, 1.05, 3)
    green = np.array([0.88, 1.30, 0.82]) * turn.uniform(0.95, 1.05, 3)
    part = ndimage.gaussian_filter(mask.astype(float), 0.7)[..., None]
    hue = [colour / colour.mean() for colour in (brown, green)]
    image = (1 - part) * grey[..., None] * hue[0] + part * leaf[..., None] * hue[1]
    return image * lit(mask.shape, turn)[..., None] + turn.normal(0, 0.02, image.shape), mask


def stains(number: int, turn: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Things take one stain, the ground another, in optical density; both are as dark."""
    mask = shapes(number + 1, turn)
    part = ndimage.gaussian_filter(mask.astype(float), 1.0)[..., None]
    blue, pink = np.array([0.65, 0.70, 0.29]), np.array([0.16, 0.92, 0.36])
    if number % 2:
        pink = np.array([0.27, 0.57, 0.78])  # DAB
    amount = 0.40 + 0.08 * ndimage.gaussian_filter(texture(TEXTURES[number % 5], turn), 0.8)
    other = 0.40 + 0.08 * ndimage.gaussian_filter(texture("moon", turn), 0.8)
    dark = [10 ** -np.outer((0.4,), stain).ravel() for stain in (blue, pink)]
    strength = np.log10(dark[0].mean()) / np.log10(dark[1].mean())
    density = part * amount[..., None] * blue + (1 - part) * other[..., None] * pink * strength
    return 10**-density + turn.normal(0, 0.015, density.shape), mask


def bands(number: int, turn: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Nine bands with one texture in common and one each; three show things, one of them darker."""
    mask = shapes(number + 2, turn)
    part = ndimage.gaussian_filter(mask.astype(float), 0.7)
    common = texture(TEXTURES[number % 5], turn)
    image = np.empty((*mask.shape, 9))
    shown = turn.permutation(9)[:3]
    signs = dict(zip(shown.tolist(), (0.16, 0.12, -0.28), strict=True))
    for band in range(9):
        own = ndimage.gaussian_filter(turn.normal(0, 1, mask.shape), 1.0)
        image[..., band] = 0.45 + 0.07 * common + 0.05 * own / own.std()
        image[..., band] += signs.get(band, 0.0) * (part - part.mean())
    return image * lit(mask.shape, turn)[..., None], mask


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    for folder in ("images", "masks"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for kind in (plants, stains, bands):
        for number in range(10):
            image, mask = kind(number, np.random.default_rng([number, len(kind.__name__)]))
            pixels = np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8)
            name = f"{kind.__name__}{number}"
            if pixels.shape[2] == 3:
                Image.fromarray(pixels).save(out / "images" / f"{name}.png")
            else:
                np.save(out / "images" / f"{name}.npy", pixels)
            Image.fromarray(mask * np.uint8(255)).save(out / "masks" / f"{name}.png")


if __name__ == "__main__":
    main()
