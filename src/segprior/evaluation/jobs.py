"""What an evaluation has to do: each method on each image, but for what a store has already."""

from __future__ import annotations

import dataclasses
import functools
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from segprior.errors import OutputError
from segprior.evaluation.cuts import Cuts
from segprior.evaluation.dataset import Example
from segprior.evaluation.methods import Kind
from segprior.evaluation.score import Job
from segprior.io.files.jsonl import Store, digest, file_digest

__all__ = ["Results", "make_folders", "make_jobs", "make_keys", "take_held"]

# What came of a job (:func:`segprior.evaluation.score.score`), by method and image.
Results = dict[str, dict[str, Any]]

# Raised when what a stored result means changes.
_PROTOCOL = 2


def make_folders(where: str | os.PathLike[str] | None, texts: Iterable[str]) -> dict[str, Path]:
    """Make a folder for what each method finds; none without a place to keep it.

    Raises
    ------
    OutputError
        If one cannot be made.
    """
    if where is None:
        return {}
    folders = {text: Path(where) / re.sub(r"[^\w.,=+-]", "_", text) for text in texts}
    for folder in folders.values():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"cannot make the folder {folder}: {error.strerror}; choose another place"
            ) from error
    return folders


def make_jobs(
    kind: Kind,
    examples: Iterable[Example],
    texts: Sequence[str],
    folders: Sequence[str],
    kept: Mapping[str, Path],
    *,
    seed: int,
    boundaries: bool,
    cuts: Mapping[str, Cuts] | None = None,
    **limits: int | None,
) -> list[Job]:
    """Make the jobs of all images, one image after the other.

    Parameters
    ----------
    kind : {"regions", "foreground", "instances"}
    examples : iterable of Example
    texts : sequence of str
        The methods.
    folders : sequence of str
        Those of predictions, in the order of those of the examples; they come before the methods.
    kept : mapping of str to pathlib.Path
        From :func:`make_folders`.
    seed, boundaries
        As in :class:`segprior.evaluation.score.Job`.
    cuts : mapping of str to Cuts, optional
        Where the hierarchies of each folder and method are cut, if those are scored.
    **limits : int or None
        ``max_pixels`` and ``max_bytes``, as in :class:`segprior.evaluation.score.Job`.
    """
    where = cuts or {}
    make = functools.partial(Job, kind=kind, seed=seed, boundaries=boundaries, **limits)  # type: ignore[arg-type]
    jobs = []
    for example in examples:
        for number, folder in enumerate(folders):
            jobs.append(
                make(example=example, method=folder, text=None, folder=number, keep=None,
                     cuts=where.get(folder))
            )  # fmt: skip
        for text in texts:
            keep = kept[text] / f"{example.name}.png" if text in kept else None
            jobs.append(
                make(example=example, method=text, text=text, folder=-1, keep=keep,
                     cuts=where.get(text))
            )  # fmt: skip
    return jobs


def make_keys(jobs: Iterable[Job], settings: Mapping[str, Any]) -> list[str]:
    """Make a digest for each job of all that its result depends on, settings by method."""
    hashed = functools.cache(file_digest)
    return [_key(job, settings[job.method], hashed) for job in jobs]


def take_held(held: Store, jobs: Sequence[Job], keys: Sequence[str], results: Results) -> list[int]:
    """Put what a store has into the results; return the numbers of the jobs that are left."""
    left = []
    for number, (job, key) in enumerate(zip(jobs, keys, strict=True)):
        row = held.get(key)
        if row is not None and _complete(row, job):
            results[job.method][job.example.name] = row
        else:
            left.append(number)
    return left


def _key(job: Job, settings: Mapping[str, Any], hashed: Callable[[Path], str]) -> str:
    truth = [hashed(path) for path in job.example.truth]
    made = (
        {"file": hashed(job.example.predictions[job.folder])}
        if job.text is None
        else {"settings": settings, "image": hashed(job.example.image)}
    )
    # Without cuts the key is that of a label map.
    cuts = {} if job.cuts is None else {"cuts": dataclasses.asdict(job.cuts)}
    return digest({"protocol": _PROTOCOL, "kind": job.kind, "truth": truth, **made, **cuts})


def _complete(row: Mapping[str, Any], job: Job) -> bool:
    """Whether a stored result has all that is wanted now."""
    if job.boundaries and row["boundaries"] is None:
        return False
    return job.keep is None or row.get("kept") == file_digest(job.keep)
