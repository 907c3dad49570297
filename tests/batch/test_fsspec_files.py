from __future__ import annotations

from pathlib import Path
from typing import Any

from segprior.batch.fsspec_files import is_url
from segprior.batch.remote_storage import RemoteStorage, as_storage
from segprior.batch.storage import LocalStorage

FINDING: dict[str, Any] = {"patterns": (), "extras": {}, "ending": ".png", "shared": False}


def test_paths_are_not_urls(tmp_path: Path) -> None:
    urls = ["s3://bucket/x", "memory://", "simplecache::s3://bucket"]
    assert [is_url(text) for text in urls] == [True] * 3
    assert not any(is_url(text) for text in ("photos/", "/a:b/c", "C:\\photos", "a:b"))
    plain = as_storage(f"file://{tmp_path}", tmp_path / "out", **FINDING)
    assert plain == LocalStorage(source=tmp_path, output=tmp_path / "out")
    assert isinstance(as_storage(tmp_path, "memory://out", **FINDING), RemoteStorage)
