from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

QUICK = ("--features", "image")
TINY = ("--members", "1", "--iterations", "2", "--working-size", "32")


def picture(path: Path, rows: int = 32, columns: int = 40) -> Path:
    values = np.full((rows, columns, 3), 60, np.uint8)
    values[rows // 4 : -rows // 4, columns // 4 : -columns // 4] = (230, 120, 40)
    Image.fromarray(values).save(path)
    return path


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
