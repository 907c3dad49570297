from __future__ import annotations

import io
import os
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest

from segprior.batch.fsspec_files import fetch, is_url, put, told
from segprior.batch.remote_storage import RemoteStorage, as_storage
from segprior.batch.storage import LocalStorage
from segprior.errors import ImageError, OutputError
from segprior.io.files.budget import limited

FINDING: dict[str, Any] = {"patterns": (), "extras": {}, "ending": ".png", "shared": False}


def test_paths_are_not_urls(tmp_path: Path) -> None:
    urls = ["s3://bucket/x", "memory://", "simplecache::s3://bucket"]
    assert [is_url(text) for text in urls] == [True] * 3
    assert not any(is_url(text) for text in ("photos/", "/a:b/c", "C:\\photos", "a:b"))
    plain = as_storage(f"file://{tmp_path}", tmp_path / "out", **FINDING)
    assert plain == LocalStorage(source=tmp_path, output=tmp_path / "out")
    assert isinstance(as_storage(tmp_path, "memory://out", **FINDING), RemoteStorage)


def test_a_file_of_this_machine_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fsspec", reason="fsspec is not installed")
    synced: list[bool] = []
    fsync = os.fsync

    def hear(handle: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(handle).st_mode))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", hear)
    put(f"local://{tmp_path}/new/a.png", b"data")
    assert (tmp_path / "new" / "a.png").read_bytes() == b"data"
    assert synced == [True, False, True]  # the new folder's name, the file, the file's name
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot write local://.*/file/a\.png: "):
        put(f"local://{tmp_path}/file/a.png", b"data")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_what_is_no_file_in_an_archive_leads_nowhere(tmp_path: Path, kind: bytes) -> None:
    pytest.importorskip("fsspec", reason="fsspec is not installed")
    (tmp_path / "secret.png").write_bytes(b"secret")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        member = tarfile.TarInfo("a.png")
        member.type, member.linkname = kind, str(tmp_path / "secret.png")
        archive.addfile(member)
    url = f"tar://a.png::{tmp_path}/a.tar"
    told_of = "no plain file" if kind == tarfile.CHRTYPE else "linkname .* not found"
    with pytest.raises(ImageError, match=told_of), told(f"cannot read {url}", ImageError):
        fetch(url)


@pytest.mark.parametrize("size", [10, None])
def test_what_a_server_unfolds_is_bounded(
    monkeypatch: pytest.MonkeyPatch, size: int | None
) -> None:
    class Server:
        protocol = ("http", "https")

        def info(self, path: str) -> dict[str, Any]:
            return {"size": size}

        def open(self, path: str, mode: str) -> io.BytesIO:
            return io.BytesIO(bytes(5_000_000))

        def cat_file(self, path: str) -> bytes:
            raise AssertionError("read without a limit")

    monkeypatch.setattr("segprior.batch.fsspec_files.reach", lambda url: (Server(), url))
    assert len(fetch("http://x/a.png")) == 5_000_000
    with limited(max_bytes=1_000_000), pytest.raises(ImageError, match="above the limit of 977KB"):
        fetch("http://x/a.png")
