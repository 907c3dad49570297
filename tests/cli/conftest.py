from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.commands import picture


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return picture(tmp_path / "photo.png")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    picture(folder / "one.png")
    picture(folder / "two.bmp", 24, 24)
    (folder / "notes.txt").write_text("not an image")
    return folder
