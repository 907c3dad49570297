"""Every reader, as something that is given a file and must do one of two things."""

from __future__ import annotations

import os
import random
import re
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from segprior.batch.items import find_items
from segprior.batch.manifest import Manifest
from segprior.errors import SegpriorError
from segprior.evaluation.cuts import Cuts, read_tree
from segprior.io.files.jsonl import Store
from segprior.io.ground_truth import read_mask, read_prediction, read_regions
from segprior.io.image import as_image
from segprior.io.label_maps import read_labels
from segprior.io.marks.many import read_marks_of_many
from segprior.io.marks.reader import read_marks
from segprior.io.window_reader import open_windows
from segprior.methods.double_dip.hints import as_hint
from segprior.methods.multiclass.levels import Hierarchy
from segprior.prior.prior import Prior
from tests.fuzz.corpus import seeds
from tests.fuzz.mutators import mutate

__all__ = ["READERS", "is_our_fault", "read_all", "read_bytes", "try_once"]

# What may be said of a broken file; anything else is a fault of ours.
ALLOWED = (SegpriorError, MemoryError)


def _windows(path: Path) -> None:
    with open_windows(path) as file:
        rows, columns, _ = file.shape
        file.read(slice(0, min(rows, 64)), slice(0, min(columns, 64)))
        file.read(slice(rows - 1, rows), slice(columns - 1, columns))


def _in_its_place(name: str, function: Callable[[Path], Any]) -> Callable[[Path], None]:
    def read(path: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copyfile(path, Path(folder, name))
            function(Path(folder, name))

    return read


_PICTURE: tuple[Callable[[Path], Any], ...] = (as_image, read_labels, read_mask, as_hint)
_TRUTH: tuple[Callable[[Path], Any], ...] = (
    lambda path: read_regions([path]), read_prediction, read_mask,
    lambda path: read_tree(path, (12, 16), Cuts(regions=(0.5,), boundaries=(0.5,))),
)  # fmt: skip

# Of each reader how its files end, and what reads them.
READERS: dict[str, tuple[str, tuple[Callable[[Path], Any], ...]]] = {
    "png": (".png", (*_PICTURE, lambda path: read_marks(path, (12, 16)), *_TRUTH)),
    "jpeg": (".jpg", _PICTURE),
    "webp": (".webp", (*_PICTURE, lambda path: as_image(path, page=1))),
    "bmp": (".bmp", _PICTURE),
    "gif": (".gif", (*_PICTURE, lambda path: as_image(path, page=1))),
    "tiff": (".tif", (*_PICTURE, _windows, *_TRUTH, lambda path: as_image(path, page=1),
              lambda path: as_image(path, channel_axis=0))),
    "npy": (".npy", (*_PICTURE, *_TRUTH)),
    "prior": (".npz", (Prior.load,)),
    "hierarchy": (".npz", (Hierarchy.load,)),
    "mat": (".mat", (*_TRUTH,)),
    "scribbles": (".csv", (lambda path: read_marks(path, (12, 16)), read_marks_of_many)),
    "labelme": (".json", (lambda path: read_marks(path, (12, 16)),)),
    "list": (".txt", (lambda path: find_items(path, Path("out")),)),
    "manifest": (
        ".jsonl", (_in_its_place("manifest.jsonl", lambda path: Manifest(path.parent).compact()),)
    ),
    "store": (".jsonl", (_in_its_place("rows.jsonl", Store),)),
    "zarr": (".zarr", (as_image, _windows, lambda path: as_image(path, channel_axis=0))),
}  # fmt: skip


def is_our_fault(line: str) -> bool:
    """Whether a line says that nobody foresaw what has happened."""
    return "report it" in line or re.search(r"unexpected \w+(Error|Exception)\b", line) is not None


def read_all(reader: str, path: Path) -> list[str]:
    """Give a file to all that reads its kind; return what was raised that may not be."""
    faults = []
    for function in READERS[reader][1]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                function(path)
        except ALLOWED as error:
            text = str(error)
            if isinstance(error, SegpriorError) and (not text or "\n" in text or len(text) > 600):
                faults.append(f"a message of {len(text)} signs: {text[:80]!r}")
            if is_our_fault(text):
                faults.append(text)
        except Exception as error:
            faults.append(f"{type(error).__name__}: {error}")
    return faults


def read_bytes(reader: str, data: bytes) -> None:
    """Read bytes as a file of this kind, for fuzzers; raise what may not be raised."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"input{READERS[reader][0]}")
        if reader == "zarr":  # the description of an array with one chunk
            shutil.copytree(seeds("zarr")[-1], path)
            path = path / ".zarray"
        path.write_bytes(data)
        if faults := read_all(reader, path.parent if reader == "zarr" else path):
            raise AssertionError("; ".join(faults))


def try_once(reader: str, number: int, folder: Path) -> tuple[Path, list[str]]:
    """Make the mutated file of a number and read it; return it, and the faults there were."""
    chance = random.Random(f"{reader} {number}")
    seed = chance.choice(seeds(reader))
    path = folder / f"{number}{READERS[reader][0]}"
    if seed.is_dir():
        shutil.copytree(seed, path)
        inner = sorted(file for file in path.rglob("*") if file.is_file())
        changed = chance.choice(inner)
        changed.write_bytes(mutate(changed.read_bytes(), chance))
        if chance.random() < 0.05:
            os.unlink(changed)  # noqa: PTH108
    else:
        path.write_bytes(mutate(seed.read_bytes(), chance))
    return path, read_all(reader, path)
