from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from segprior.errors import OutputError
from segprior.io.files.atomic import open_atomically, write_atomically
from tests.helpers.folders import names


class TestAtomic:
    def test_writes_and_replaces(self, tmp_path: Path) -> None:
        path = tmp_path / "a.bin"
        assert write_atomically(str(path), b"one") == path
        write_atomically(path, memoryview(b"two"))
        assert path.read_bytes() == b"two"
        assert names(tmp_path) == ["a.bin"]

    @pytest.mark.skipif(sys.platform == "win32", reason="no permission bits")
    def test_usual_permissions(self, tmp_path: Path) -> None:
        (tmp_path / "usual").touch()
        write_atomically(tmp_path / "ours", b"")
        modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        assert len(modes) == 1

    @pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, MemoryError])
    def test_interrupted_leaves_the_old_file_and_nothing_else(
        self, error: type[BaseException], tmp_path: Path
    ) -> None:
        path = tmp_path / "a.bin"
        path.write_bytes(b"old")
        with pytest.raises(error), open_atomically(path) as stream:  # noqa: PT012
            stream.write(b"half of the ne")
            assert len(names(tmp_path)) == 2
            raise error
        assert names(tmp_path) == ["a.bin"]
        assert path.read_bytes() == b"old"

    @pytest.mark.parametrize("step", ["open", "replace"])
    def test_refused_by_the_system(
        self, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, step, refuse)
        with pytest.raises(OutputError, match=r"cannot write .*a\.bin: Permission denied; choose"):
            write_atomically(tmp_path / "a.bin", b"data")
        monkeypatch.undo()
        assert names(tmp_path) == []

    def test_places_that_cannot_be(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for path, reason in (
            (tmp_path / "absent" / "a.png", "no folder .*absent; make it first"),
            (tmp_path / "file" / "a.png", "no folder .*file; make it first"),
            (tmp_path, "it is a folder"),
            (tmp_path / ("x" * 300), "too long"),
            (tmp_path / "a\0b", "null"),
        ):
            with pytest.raises(OutputError, match=reason) as caught:
                write_atomically(path, b"data")
            assert "\n" not in str(caught.value)
        assert names(tmp_path) == ["file"]

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files here")
    def test_links_are_followed_and_devices_kept(self, tmp_path: Path) -> None:
        (tmp_path / "real").touch()
        (tmp_path / "link").symlink_to("real")
        write_atomically(tmp_path / "link", b"data")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real").read_bytes() == b"data"
        write_atomically("/dev/null", b"data")
        assert Path("/dev/null").is_char_device()
