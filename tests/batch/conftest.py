from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for number, name in enumerate(("a.png", "sub/b.jpg", "sub/deep/c.TIF", "sub/d.png")):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"image %d" % number)
    return tmp_path / "images"
