"""Contours at 12 megapixels: how far they lie from the truth, before and after following edges.

    python benchmarks/full_size.py [--rows 3000] [--columns 4000] [--only N ...]

Each picture is an object of known outline, cut out of one of scikit-image's photographs and put
on another, both enlarged to the full size, with noise (σ .012) on top. Two starts are enlarged: the
truth at a longest side of 256 (640 for many things), its outline shifted here and there by .7 of
a pixel of that size, and the mask that ``foreground`` finds. *Off* is the mean distance, in pixels
of the full image, between the points of the contour and of the true one, both ways.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage
from skimage import data

from segprior.image.contours.refinement import first_shape, follow_edges
from segprior.image.pyramid import Pyramid
from segprior.image.resize import resize, working_shape
from segprior.image.upsampling import enlarge
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.method import Context

# Ground, what the thing is cut from, outline; reading for `foreground`.
PICTURES = [
    ("coffee", "chelsea", "star", "object"),
    ("rocket", "coffee", "flower", "object"),
    ("grass", "astronaut", "leaf", "object"),
    ("gravel", "immunohistochemistry", "blob", "object"),
    ("immunohistochemistry", "retina", "box", "object"),
    ("retina", "grass", "star", "object"),
    ("chelsea", "brick", "leaf", "object"),
    ("moon", "coffee", "many", "things"),
]
NOISE, SHIFT = 0.012, 0.7
Mask = NDArray[np.bool_]


def photo(name: str, shape: tuple[int, int]) -> NDArray[np.float32]:
    values = getattr(data, name)()
    if values.ndim == 2:
        values = np.stack([values] * 3, -1)
    large = Image.fromarray(values[..., :3]).resize(shape[::-1], Image.Resampling.BICUBIC)
    return np.asarray(large, np.float32) / 255


def outline(kind: str, rng: np.random.Generator, place: tuple[float, float, float]) -> Any:
    """Points of an outline around a place: row, column, radius."""
    turn = np.linspace(0, 2 * np.pi, 1440, endpoint=False)
    shapes: dict[str, Callable[[], NDArray[np.float64]]] = {
        "star": lambda: 1 - 0.55 * np.abs(2 * ((turn * 7 / (2 * np.pi)) % 1) - 1),
        "flower": lambda: 0.75 + 0.25 * np.sin(6 * turn),
        "leaf": lambda: 0.8 + 0.12 * np.sin(3 * turn + 1) + 0.05 * np.sign(np.sin(40 * turn)),
        "box": lambda: 0.72 / np.maximum(np.abs(np.cos(turn)), np.abs(np.sin(turn))),
        "blob": lambda: (
            0.8 + sum(0.125 / k * np.sin(k * turn + rng.uniform(0, 6.28)) for k in range(2, 7))
        ),
    }
    row, column, radius = place
    reach = radius * shapes[kind]()
    return list(zip(column + 1.2 * reach * np.cos(turn), row + reach * np.sin(turn), strict=True))


def composite(number: int, shape: tuple[int, int]) -> tuple[NDArray[np.float32], Mask]:
    """A picture and its truth."""
    ground, thing, kind, _ = PICTURES[number]
    rng = np.random.default_rng(number)
    rows, columns = 2 * shape[0], 2 * shape[1]
    drawn = Image.new("L", (columns, rows))
    places = [(0.5 * rows, 0.5 * columns, 0.28 * rows)]
    if kind == "many":
        kind = "blob"
        places = [
            (
                rows * (i + 0.5 + 0.2 * rng.uniform(-1, 1)) / 5,
                columns * (j + 0.5 + 0.2 * rng.uniform(-1, 1)) / 7,
                0.05 * rows,
            )
            for i in range(5)
            for j in range(7)
        ]
    for place in places:
        ImageDraw.Draw(drawn).polygon(outline(kind, rng, place), fill=255)
    share = np.asarray(drawn.resize(shape[::-1], Image.Resampling.BOX), np.float32)[..., None] / 255
    image = photo(ground, shape)
    image += share * (photo(thing, shape) - image)
    image += rng.normal(0, NOISE, image.shape).astype(np.float32)
    return np.round(np.clip(image, 0, 1) * 255).astype(np.float32) / 255, share[..., 0] > 0.5


def rough(truth: Mask, size: int, seed: int) -> NDArray[np.float32]:
    """The truth at a working size, its outline not quite where it is."""
    rng = np.random.default_rng(seed)
    small = resize(truth[..., None].astype(np.float32), working_shape(truth.shape, size))[..., 0]
    moves = [ndimage.gaussian_filter(rng.normal(size=small.shape), 3) for _ in range(2)]
    at = [
        place + SHIFT * move / move.std()
        for place, move in zip(np.mgrid[: small.shape[0], : small.shape[1]], moves, strict=True)
    ]
    moved = ndimage.map_coordinates(small, at, order=1, mode="nearest")
    return np.asarray(moved, np.float32)


def enlarged(share: NDArray[np.float32], shape: tuple[int, int]) -> Mask:
    mask = np.empty(shape, bool)
    for rows, strip in enlarge(share[None], shape):
        mask[rows] = strip[0] > 0.5
    return mask


def contour(mask: Mask) -> Mask:
    edge = np.zeros(mask.shape, bool)
    edge[1:] = mask[1:] != mask[:-1]
    edge[:, 1:] |= mask[:, 1:] != mask[:, :-1]
    return edge


def scores(mask: Mask, truth: Mask) -> str:
    found, true = contour(mask), contour(truth)
    if not found.any():
        return "empty"
    off = np.concatenate(
        [
            ndimage.distance_transform_edt(~true)[found],
            ndimage.distance_transform_edt(~found)[true],
        ]
    )
    iou = (mask & truth).sum() / (mask | truth).sum()
    return f"{iou:.4f} | {off.mean():.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--columns", type=int, default=4000)
    parser.add_argument("--only", type=int, nargs="+", default=range(len(PICTURES)))
    words = parser.parse_args()
    shape = (words.rows, words.columns)
    print("| picture | start | IoU before | off | IoU after | off | CPU s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for number in words.only:
        image, truth = composite(number, shape)
        ground, thing, kind, reading = PICTURES[number]
        config = ForegroundConfig.preset("fast", reading=reading)
        found = config.chosen.run(
            Pyramid(image), config.options, Context(config=config, seed=0)
        ).maps[0]
        starts = {
            "truth": rough(truth, 640 if kind == "many" else 256, number),
            "foreground": found,
        }
        for start, share in starts.items():
            before = enlarged(share, shape)
            begun = time.process_time()
            first = first_shape((share.shape[0], share.shape[1]), shape)
            after = before if first is None else follow_edges(enlarged(share, first), image)
            took = time.process_time() - begun
            print(
                f"| {kind} of {thing} on {ground} | {start} | {scores(before, truth)} | "
                f"{scores(after, truth)} | {took:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
