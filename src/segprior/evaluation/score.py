"""One segmentation of one image, made or read, and scored against its truth."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from segprior.config.checks import MAX_PIXELS
from segprior.errors import ImageError, SegpriorError
from segprior.evaluation.cuts import (
    Cuts,
    Tree,
    as_tree,
    read_tree,
    score_maps,
    score_tree,
    true_boundaries,
)
from segprior.evaluation.dataset import Example
from segprior.evaluation.method_spec import contender
from segprior.evaluation.methods import Contender, Kind, nesting_of
from segprior.io.files.budget import limited
from segprior.io.files.jsonl import file_digest
from segprior.io.files.source import unexpected
from segprior.io.ground_truth import Regions, read_mask, read_prediction, read_regions
from segprior.io.image import open_planes
from segprior.io.label_maps import save_labels
from segprior.runtime.asides import joined
from segprior.runtime.processes import one_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Job", "made_once", "score"]

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One method on one image.

    Attributes
    ----------
    kind : {"regions", "foreground", "instances"}
        What is scored.
    example : Example
        The image.
    method : str
        What the table calls the method.
    text : str or None
        The method to run; None to read a prediction.
    folder : int
        Which of the example's predictions to read.
    seed : int
        Where the method's text gives none.
    boundaries : bool
        Whether boundaries are scored too.
    keep : pathlib.Path or None
        Where to save what the method found.
    cuts : Cuts or None
        Where the hierarchy is cut, if that is what is scored.
    max_pixels, max_bytes : int or None
        Limits of each file that is read.
    """

    kind: Kind
    example: Example
    method: str
    text: str | None
    folder: int
    seed: int
    boundaries: bool
    keep: Path | None
    cuts: Cuts | None = None
    max_pixels: int | None = MAX_PIXELS
    max_bytes: int | None = None


@functools.lru_cache
def made_once(kind: Kind, text: str, seed: int) -> Contender:
    """Return what `contender` does, the same each time in one process."""
    return contender(kind, text, seed)


def score(job: Job) -> dict[str, Any]:
    """Run or read one segmentation and score it.

    Returns
    -------
    dict of str to object
        Plain values. ``seconds``, ``cpu_seconds`` and ``score``, the method's own; for regions
        ``pieces`` and ``labels``, the scores of :class:`segprior.metrics.RegionScores` with and
        without connected pieces, and ``boundaries``; for foreground ``mask``; for instances
        ``things``; for hierarchies
        what :func:`segprior.evaluation.cuts.score_tree` returns; ``kept``, the digest of the file
        that was saved. Only ``error`` if it failed.
    """
    try:
        with limited(max_pixels=job.max_pixels, max_bytes=job.max_bytes):
            if job.cuts is not None:
                return _hierarchy(job, job.cuts)
            return _SCORERS[job.kind](job)
    except SegpriorError as error:
        return {"error": joined(str(error))}
    except Exception as error:
        if os.environ.get("SEGPRIOR_TRACEBACK"):
            raise
        return {"error": joined(unexpected(error))}


@functools.lru_cache
def _prepared(made: Contender) -> None:
    made.prepare()


def _timed(job: Job, row: dict[str, Any], run: Callable[[Contender, NDArray[np.float32]], T]) -> T:
    """Run the method on the image and add to the row what it took."""
    made = made_once(job.kind, str(job.text), job.seed)
    limits: dict[str, Any] = {"max_pixels": job.max_pixels, "max_bytes": job.max_bytes}
    # In many processes nobody would see which image is meant.
    image = open_planes(job.example.image, quiet=True, **limits).only().full
    _prepared(made)
    with one_thread():
        start, start_of_cpu = time.perf_counter(), time.process_time()
        found = run(made, image)
        row["seconds"] = time.perf_counter() - start
        row["cpu_seconds"] = time.process_time() - start_of_cpu
    return found


def _run(job: Job, row: dict[str, Any]) -> NDArray[Any]:
    """Run the method and add to the row what it said and took."""
    found = _timed(job, row, lambda made, image: made.run(image))
    row["score"] = found.score
    if job.keep is not None:
        save_labels(job.keep, found.labels, mask=job.kind == "foreground")
        row["kept"] = file_digest(job.keep)
    return found.labels


def _same_size(job: Job, found: NDArray[Any], truth: NDArray[Any]) -> None:
    if found.shape != truth.shape:
        sizes = [f"{rows} x {columns}" for rows, columns in (found.shape, truth.shape)]
        whose = job.example.image if job.text else job.example.predictions[job.folder]
        raise ImageError(
            f"{whose}: {sizes[0]} pixels, but its truth has {sizes[1]}; bring both to one size"
        )


def _regions(job: Job) -> dict[str, Any]:
    truth = read_regions(job.example.truth)
    row: dict[str, Any] = {"seconds": None, "cpu_seconds": None, "score": None}
    if job.text is None:
        labels = read_prediction(job.example.predictions[job.folder])
    else:
        labels = _run(job, row)
    for drawn in truth.labels:
        _same_size(job, labels, drawn)
    row["pieces"] = _scored(truth, labels, connected=True)
    row["labels"] = _scored(truth, labels, connected=False)
    row["boundaries"] = None
    if job.boundaries:
        from segprior.metrics.curves import BoundaryScores

        row["boundaries"] = BoundaryScores().add_labels(true_boundaries(truth), [labels])
    return row


def _scored(truth: Regions, labels: NDArray[Any], *, connected: bool) -> dict[str, float]:
    """Score a label map on the pixels that count."""
    from segprior.metrics.regions import RegionScores, components

    if truth.void is None:
        return RegionScores(connected=connected).add(truth.labels, labels)
    # Pieces are those of the whole picture, also where what does not count lies between them.
    split = components if connected else np.asarray
    drawn, found = ([split(one)[~truth.void][:, None] for one in maps]
                    for maps in (truth.labels, [labels]))  # fmt: skip
    return RegionScores(connected=False).add(drawn, found[0])


def _hierarchy(job: Job, cuts: Cuts) -> dict[str, Any]:
    truth = read_regions(job.example.truth)
    row: dict[str, Any] = {"seconds": None, "cpu_seconds": None, "score": None}
    found: Tree | list[NDArray[Any]]
    if job.text is None:
        rows, columns = truth.labels[0].shape
        found = read_tree(job.example.predictions[job.folder], (rows, columns), cuts)
    else:
        found = _timed(job, row, lambda made, image: _nested(made, image, cuts))
    for drawn in truth.labels:
        _same_size(job, found.regions if isinstance(found, Tree) else found[0], drawn)
    if isinstance(found, Tree):
        return row | score_tree(found, truth, cuts, boundaries=job.boundaries)
    return row | score_maps(found, truth, cuts, boundaries=job.boundaries)


def _nested(made: Contender, image: NDArray[np.float32], cuts: Cuts) -> Tree | list[NDArray[Any]]:
    """The hierarchy of an image, or a label map for each cut."""
    found = nesting_of(made).run(image, cuts.regions)
    return found if isinstance(found, list) else as_tree(found)


def _foreground(job: Job) -> dict[str, Any]:
    from segprior.metrics.masks import MaskScores, iou
    from segprior.metrics.regions import components

    truth = read_mask(job.example.truth[0])
    row: dict[str, Any] = {"seconds": None, "cpu_seconds": None, "score": None}
    if job.text is None:
        soft = read_mask(job.example.predictions[job.folder]).values
    else:
        soft = _run(job, row).astype(np.float32)
    _same_size(job, soft, truth.values)
    true, hard = truth.values > 0.5, soft > 0.5
    scores = MaskScores().add(true, soft, truth.undecided)
    scores["iou_better"] = max(scores["iou"], iou(true, ~hard, truth.undecided))
    scores["segments"] = float(len(np.unique(components(hard)[hard])))
    scores["foreground"] = float(hard.mean())
    return {**row, "mask": scores}


def _instances(job: Job) -> dict[str, Any]:
    from segprior.metrics.instances import InstanceScores

    truth = read_prediction(job.example.truth[0])
    row: dict[str, Any] = {"seconds": None, "cpu_seconds": None, "score": None}
    if job.text is None:
        labels = read_prediction(job.example.predictions[job.folder])
    else:
        labels = _run(job, row)
    _same_size(job, labels, truth)
    return {**row, "things": InstanceScores().add(truth, labels)}


_SCORERS: dict[Kind, Callable[[Job], dict[str, Any]]] = {
    "regions": _regions,
    "foreground": _foreground,
    "instances": _instances,
}
