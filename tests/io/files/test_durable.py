from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segprior.errors import OutputError
from segprior.io.export import result_formats, save_segmentation
from segprior.io.files.atomic import open_atomically, write_atomically
from segprior.io.files.durable import content, make_folder, size, sync_folder, sync_tree
from segprior.io.files.folder import write_folder
from segprior.io.formats.npy import save_npz

LABELS = np.tile(np.arange(2, dtype=np.int64), (32, 16))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was synced and moved, in order: the kind of file, its name."""
    heard: list[tuple[str, str]] = []
    fsync, replace = os.fsync, os.replace

    def sync(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        heard.append(("folder" if path.is_dir() else "file", path.name))
        fsync(handle)

    def move(start: str, end: str) -> None:
        heard.append(("move", Path(end).name))
        replace(start, end)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", move)
    return heard


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the files behind handles")
class TestOrder:
    """A file is on the disk before it has its name, and the name before anybody is told."""

    @pytest.mark.parametrize("name", sorted(result_formats()))
    def test_of_each_format(self, name: str, tmp_path: Path, calls: list[tuple[str, str]]) -> None:
        format = result_formats()[name]
        if format.needs is not None:
            pytest.importorskip(format.needs[0], reason=f"needs {format.needs[0]}")
        path = tmp_path / f"result{format.endings[0]}"
        save_segmentation(path, LABELS, mask=True, wanted=name, image=tmp_path / "a.png")
        move = calls.index(("move", path.name))
        assert [kind for kind, _ in calls[:move]].count("file") >= 1
        assert calls[move + 1 :] == [("folder", tmp_path.name)]

    def test_of_a_folder(self, tmp_path: Path, calls: list[tuple[str, str]]) -> None:
        write_folder(tmp_path / "new", {"a": b"1", "b": b"2"})
        kinds = [kind for kind, _ in calls]
        assert kinds == ["file", "file", "folder", "move", "folder"]
        calls.clear()
        write_folder(tmp_path / "new", {"a": b"3"})
        assert [kind for kind, _ in calls] == ["file", "folder", "move", "folder"]
        assert calls[-1] == ("folder", "new")

    def test_of_a_prior(self, tmp_path: Path, calls: list[tuple[str, str]]) -> None:
        save_npz(tmp_path / "a.npz", {"x": np.zeros(2)}, {})
        assert [kind for kind, _ in calls] == ["file", "move", "folder"]

    def test_of_new_folders(self, tmp_path: Path, calls: list[tuple[str, str]]) -> None:
        make_folder(tmp_path / "a" / "b")
        assert (tmp_path / "a" / "b").is_dir()
        assert sorted(calls) == sorted([("folder", "a"), ("folder", tmp_path.name)])
        make_folder(tmp_path / "a" / "b")
        assert len(calls) == 2


def full(handle: int) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_atomically(path, b"x"),
        lambda path: write_folder(path, {"a": b"x"}),
        lambda path: save_npz(path.with_suffix(".npz"), {}, {}),
    ],
)
def test_a_disk_that_is_full_only_at_the_end_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], object]
) -> None:
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"^cannot write .*: No space left on device; choose"):
        write(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_folders_that_cannot_be_synced_are_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync_folder(tmp_path / "absent")
    monkeypatch.setattr(os, "fsync", full)
    sync_folder(tmp_path)
    sync_tree(tmp_path)


def test_size_and_content_tell_results_apart(tmp_path: Path) -> None:
    for name, data in (("a", b"one"), ("same", b"one"), ("other", b"two")):
        with open_atomically(tmp_path / name) as stream:
            stream.write(data)
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "folder" / "inner" / "x").write_bytes(b"one")
    assert size(tmp_path / "a") == size(tmp_path / "folder") == 3
    assert size(tmp_path / "absent") is None
    assert size(Path("\0")) is None
    hashes = [content(tmp_path / name) for name in ("a", "same", "other", "folder", "absent")]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 4
    assert hashes[-1] == ""
    (tmp_path / "folder" / "inner" / "x").rename(tmp_path / "folder" / "inner" / "y")
    assert content(tmp_path / "folder") != hashes[3]
