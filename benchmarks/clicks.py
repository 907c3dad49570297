"""Clicks until a mask is good: ours, OpenCV's GrabCut and scikit-image's random walker.

    python benchmarks/clicks.py DATA [--sets horses grabcut nuclei] [--methods ours grabcut walker]
                                [--nuclei 100] [--every 8] [--start 0] [--rows FILE.jsonl]

``DATA`` holds ``horses`` and ``grabcut``, each with ``images/S.jpg`` and ``masks/S.png`` (grey 65
to 190: do not count), and ``nuclei`` with ``images/S.jpg`` and ``instances/S.png``, 16 bits, a
number for each nucleus. Every eighth horse and all others are taken, and 100 nuclei, each alone.

The protocol is that of the field: at first the mask is empty; each click goes into the largest
connected region that is wrong, to its pixel farthest from the outside; it marks object where that
was missed and ground where it was taken; up to 20 clicks. NoC@90 is the mean number of clicks to an
IoU of .90, 20 where it is not reached; a click is a fall if the IoU is lower by more than .02 after
it. GrabCut starts each time from the nearest clicks, a disc of 3 pixels around each being certain;
the random walker starts from the same discs. Where no ground is marked yet the border of the image
stands for it. Then a box alone, that of the truth enlarged by 5 % of its sides on each.

Seconds are those of one click on one thread, the preparation apart. Each run is a line of
``--rows``, with its clicks, so that it can be drawn.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from tqdm import tqdm

import segprior
from segprior.io.image import as_image
from segprior.regions.grabcut import as_picture

Mask = NDArray[np.bool_]
Click = tuple[int, int, int]
MOST = 20
LEVELS = (0.80, 0.85, 0.90)
RADIUS = 3


class Case(NamedTuple):
    name: str
    image: NDArray[np.float32]
    truth: Mask
    void: Mask


class Run(NamedTuple):
    clicks: list[Click]
    ious: list[float]
    seconds: list[float]
    prepared: float
    box: float | None


def cases(folder: Path, every: int, start: int, nuclei: int) -> Iterator[Case]:
    """Images with their truth; of nuclei one at a time."""
    if (folder / "instances").is_dir():
        yield from _nuclei(folder, nuclei, start)
        return
    masks = sorted((folder / "masks").iterdir())
    for path in masks[start :: every if len(masks) > 20 else 1]:
        levels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        void = (levels >= 65) & (levels <= 190)
        yield Case(path.stem, _image(folder, path.stem), levels > 190, void)


def _nuclei(folder: Path, count: int, start: int) -> Iterator[Case]:
    files = sorted((folder / "instances").iterdir())
    each = -(-count // len(files))
    random = np.random.default_rng(start)
    left = count
    for path in files:
        numbers = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        image = _image(folder, path.stem)
        for number in random.permutation(np.unique(numbers[numbers > 0]))[: min(each, left)]:
            left -= 1
            truth = numbers == number
            yield Case(f"{path.stem}-{number}", image, truth, np.zeros_like(truth))


def _image(folder: Path, stem: str) -> NDArray[np.float32]:
    return as_image(next((folder / "images").glob(f"{stem}.*")))


def next_click(truth: Mask, found: Mask, void: Mask) -> Click | None:
    """The pixel of the largest wrong region that is farthest from the outside, and its label."""
    best: tuple[int, Mask, int] | None = None
    for wrong, label in ((truth & ~found & ~void, 1), (found & ~truth & ~void, 0)):
        pieces, _ = ndimage.label(wrong)
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        largest = int(sizes.argmax())
        if sizes[largest] and (best is None or sizes[largest] > best[0]):
            best = int(sizes[largest]), pieces == largest, label
    if best is None:
        return None
    depth = ndimage.distance_transform_edt(np.pad(best[1], 1))[1:-1, 1:-1]
    row, column = divmod(int(depth.argmax()), depth.shape[1])
    return row, column, best[2]


def iou(found: Mask, case: Case) -> float:
    counted = ~case.void
    both = (found & case.truth & counted).sum()
    return float(both / max(((found | case.truth) & counted).sum(), 1))


class Ours:
    """`segprior.Predictor`."""

    def __init__(self, image: NDArray[np.float32]) -> None:
        self.predictor = segprior.Predictor(image)

    def clicks(self, clicks: Sequence[Click]) -> Mask:
        points, labels = [click[:2] for click in clicks], [click[2] for click in clicks]
        return self.predictor.predict(points=points, labels=labels).labels > 0

    def box(self, box: tuple[int, int, int, int]) -> Mask:
        return self.predictor.predict(box=box).labels > 0


def near_clicks(shape: tuple[int, int], clicks: Sequence[Click]) -> tuple[Mask, NDArray[np.int8]]:
    """Where a click on the object is nearest, and the discs of clicks: 1, 0, or -1 elsewhere."""
    rows, columns = np.indices(shape)
    border = np.minimum.reduce([rows, columns, shape[0] - 1 - rows, shape[1] - 1 - columns])
    distances = [np.full(shape, np.inf), np.full(shape, np.inf)]
    discs = np.full(shape, -1, np.int8)
    for row, column, label in clicks:
        apart = np.hypot(rows - row, columns - column)
        distances[label] = np.minimum(distances[label], apart)
        discs[apart <= RADIUS] = label
    if not any(label == 0 for *_, label in clicks):
        distances[0] = border
    for row, column, label in clicks:
        discs[row, column] = label
    return distances[1] < distances[0], discs


class GrabCut:
    """OpenCV's, five rounds."""

    def __init__(self, image: NDArray[np.float32]) -> None:
        self.picture = np.ascontiguousarray(as_picture(image)[..., ::-1])

    def clicks(self, clicks: Sequence[Click]) -> Mask:
        near, discs = near_clicks(self.picture.shape[:2], clicks)
        labels = np.where(near, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
        labels[discs == 0], labels[discs == 1] = cv2.GC_BGD, cv2.GC_FGD
        return self._cut(labels)

    def box(self, box: tuple[int, int, int, int]) -> Mask:
        labels = np.full(self.picture.shape[:2], cv2.GC_BGD, np.uint8)
        labels[box[0] : box[2], box[1] : box[3]] = cv2.GC_PR_FGD
        return self._cut(labels)

    def _cut(self, labels: NDArray[np.uint8]) -> Mask:
        cv2.setRNGSeed(0)
        with suppress(cv2.error):  # nothing of one side is left
            cv2.grabCut(self.picture, labels, None, None, None, 5, cv2.GC_INIT_WITH_MASK)
        return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))


class Walker:
    """scikit-image's random walker."""

    def __init__(self, image: NDArray[np.float32]) -> None:
        self.image = image

    def clicks(self, clicks: Sequence[Click]) -> Mask:
        from skimage.segmentation import random_walker

        _, discs = near_clicks(self.image.shape[:2], clicks)
        if not (discs == 0).any():
            for side in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
                discs[side] = np.where(discs[side] == 1, 1, 0)
        if not (discs == 1).any():
            return np.zeros(discs.shape, bool)
        markers = discs + 1
        return random_walker(self.image, markers, beta=130, mode="cg_j", channel_axis=-1) == 2


METHODS: dict[str, Callable[[NDArray[np.float32]], Any]] = {
    "ours": Ours,
    "grabcut": GrabCut,
    "walker": Walker,
}


def play(case: Case, make: Callable[[NDArray[np.float32]], Any]) -> Run:
    start = time.perf_counter()
    method = make(case.image)
    prepared = time.perf_counter() - start
    found = np.zeros(case.truth.shape, bool)
    clicks: list[Click] = []
    ious: list[float] = []
    seconds: list[float] = []
    while len(clicks) < MOST and (not ious or max(ious) < LEVELS[-1] or len(clicks) < 10):
        click = next_click(case.truth, found, case.void)
        if click is None:
            break
        clicks.append(click)
        start = time.perf_counter()
        found = method.clicks(clicks)
        seconds.append(time.perf_counter() - start)
        ious.append(iou(found, case))
    box = iou(method.box(box_of(case.truth)), case) if hasattr(method, "box") else None
    return Run(clicks, ious, seconds, prepared, box)


def box_of(truth: Mask) -> tuple[int, int, int, int]:
    """The box of the truth, 5 % of its sides larger on each."""
    sides = []
    for along in (truth.any(axis=1), truth.any(axis=0)):
        places = np.flatnonzero(along)
        more = round(0.05 * (places[-1] + 1 - places[0]))
        sides.append((max(places[0] - more, 0), min(places[-1] + 1 + more, len(along))))
    (top, bottom), (left, right) = sides
    return int(top), int(left), int(bottom), int(right)


def clicks_to(ious: Sequence[float], level: float) -> int:
    return next((k for k, value in enumerate(ious, 1) if value >= level), MOST)


def summary(runs: Sequence[Run]) -> str:
    """One row of the table."""
    counts = " / ".join(
        f"{np.mean([clicks_to(run.ious, level) for run in runs]):.2f}" for level in LEVELS
    )
    failed = np.mean([max(run.ious) < LEVELS[-1] for run in runs])
    after = "/".join(
        f"{np.mean([run.ious[min(k, len(run.ious)) - 1] for run in runs]):.2f}"
        for k in (1, 2, 3, 5, 10)
    )
    steps = np.concatenate([np.diff(run.ious) for run in runs])
    falls = float((steps < -0.02).mean()) if len(steps) else 0.0
    seconds = np.concatenate([run.seconds for run in runs]) * 1e3
    boxes = [run.box for run in runs if run.box is not None]
    return (
        f"{counts} | {failed:.2f} | {after} | {falls:.2f} | "
        f"{f'{np.mean(boxes):.3f}' if boxes else '-'} | {np.median(seconds):.0f} / "
        f"{seconds.max():.0f} | {np.median([run.prepared for run in runs]):.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="+", default=["grabcut", "horses", "nuclei"])
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--nuclei", type=int, default=100)
    parser.add_argument("--every", type=int, default=8, help="of a set of more than 20 images")
    parser.add_argument("--start", type=int, default=0, help="the first image, or seed of nuclei")
    parser.add_argument("--rows", type=Path, help="a line of JSON for each run")
    words = parser.parse_args()
    cv2.setNumThreads(1)
    lines = []
    print(
        "| set | method | NoC@80/85/90 | failed at .90 | IoU after 1/2/3/5/10 | falls | box | "
        "ms a click, median / longest | s to prepare |\n" + "| --- " * 9 + "|"
    )
    for name in words.sets:
        given = list(cases(words.data / name, words.every, words.start, words.nuclei))
        for method in words.methods:
            runs = []
            for case in tqdm(given, f"{name} {method}", leave=False):
                run = play(case, METHODS[method])
                runs.append(run)
                lines.append({"set": name, "image": case.name, "method": method, **run._asdict()})
            print(f"| {name} ({len(runs)}) | {method} | {summary(runs)} |", flush=True)
    if words.rows:
        words.rows.write_text("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    main()
