from __future__ import annotations

from pathlib import Path

import pytest

from segprior.errors import OutputError
from segprior.io.files.folder import write_folder

FILES = {"a.txt": b"one", "b.txt": b"two"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_new_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert write_folder(folder, FILES) == [folder / "a.txt", folder / "b.txt"]
    assert contents(folder) == FILES
    assert list(tmp_path.iterdir()) == [folder]


def test_an_existing_folder_keeps_its_other_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"old")
    (tmp_path / "c.txt").write_bytes(b"kept")
    write_folder(tmp_path, FILES)
    assert contents(tmp_path) == {**FILES, "c.txt": b"kept"}


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with pytest.raises(OutputError, match="cannot write to"):
        write_folder(folder, {**FILES, "no/such/place.txt": b""})
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="it is a file"):
        write_folder(tmp_path / "file", FILES)
    with pytest.raises(OutputError, match="make it first"):
        write_folder(tmp_path / "none" / "new", FILES)
