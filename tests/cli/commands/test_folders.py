from __future__ import annotations

from pathlib import Path

from segprior.cli import main
from tests.helpers.commands import FILES_OF_LAYERS, QUICK_LAYERS
from tests.helpers.folders import names


def test_several_images_get_a_folder_each(photo: Path, tmp_path: Path) -> None:
    out, other = tmp_path / "out", tmp_path / "other.png"
    other.write_bytes(photo.read_bytes())
    assert main(["double-dip", str(photo), str(other), "-o", str(out), *QUICK_LAYERS]) == 0
    assert names(out) == ["other", "photo"]
    assert names(out / "photo") == FILES_OF_LAYERS
