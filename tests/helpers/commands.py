"""Pictures and options for the tests of the command line."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

QUICK = ("--features", "image")
TINY = ("--members", "1", "--iterations", "2", "--working-size", "32")
QUICK_LAYERS = ("--first-iterations", "2", "--second-iterations", "2", "--working-size", "32")
FILES_OF_LAYERS = [
    "background.png", "composed.png", "curves.csv", "curves.png", "foreground.png", "hint.png",
    "mask.png", "overlay.png", "soft_mask.png",
]  # fmt: skip


def picture(path: Path, rows: int = 32, columns: int = 40) -> Path:
    values = np.full((rows, columns, 3), 60, np.uint8)
    values[rows // 4 : -rows // 4, columns // 4 : -columns // 4] = (230, 120, 40)
    Image.fromarray(values).save(path)
    return path


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
