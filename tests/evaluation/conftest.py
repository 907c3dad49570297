from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.helpers.evaluation import scene


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for name in ("images", "masks", "truth"):
        (tmp_path / name).mkdir()
    for number in range(4):
        image, mask = scene(number)
        Image.fromarray(image).save(tmp_path / "images" / f"s{number}.png")
        Image.fromarray(255 * mask).save(tmp_path / "masks" / f"s{number}.png")
        drawn = tmp_path / "truth" / f"s{number}"
        drawn.mkdir()
        finer = mask.copy()
        finer[:3] = 2
        Image.fromarray(mask + 1).save(drawn / "one.png")
        Image.fromarray(finer + 1).save(drawn / "two.png")
    return tmp_path
