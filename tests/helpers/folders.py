"""What lies in folders, for the tests that look at what was written there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segprior.batch.run import Progress


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def tree(root: Path) -> list[str]:
    """The files, by their paths below the folder."""
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def pixels(path: Path) -> NDArray[Any]:
    with Image.open(path) as image:
        return np.asarray(image)


def rows(root: Path) -> dict[str, dict[str, Any]]:
    """The manifest of a batch by input, of which each has one line."""
    return by_input((root / "manifest.jsonl").read_text(encoding="utf-8").splitlines())


def by_input(lines: Iterable[str | bytes]) -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for line in lines]
    assert len({row["input"] for row in found}) == len(found)
    return {row["input"]: row for row in found}


def counts(progress: Progress) -> tuple[int, int, int]:
    return progress.done, progress.kept, progress.failed
