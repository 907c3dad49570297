from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segprior.analysis.reproduction.figures import PUBLISHED
from segprior.config.double_dip import DoubleDipConfig


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Made-up images by the names of the published ones, each of another aspect."""
    folder = tmp_path / "paper"
    (folder / "images").mkdir(parents=True)
    for number, name in enumerate(sorted({n for names in PUBLISHED.values() for n in names})):
        rng = np.random.default_rng(number)
        pixels = rng.integers(30, 60, (32 + number, 56 - 2 * number, 3))
        pixels[8:20, 10:22] += 150
        Image.fromarray(pixels.astype(np.uint8)).save(folder / "images" / f"{name}.jpg")
    return folder


@pytest.fixture(autouse=True)
def short_double_dip(monkeypatch: pytest.MonkeyPatch) -> None:
    two = {"first_iterations": 2, "second_iterations": 2}
    short = {**DoubleDipConfig.presets, "fast": two}
    monkeypatch.setattr(DoubleDipConfig, "presets", short)
