"""What each protocol of a URL may do."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segprior.batch.protocols import READ, WRITTEN, check_name, check_url, is_near
from segprior.batch.remote_storage import RemoteStorage, as_storage
from segprior.batch.storage import LocalStorage
from segprior.errors import ConfigError, ImageError, OutputError
from segprior.io.formats.png import encode_png

PNG = encode_png(np.zeros((9, 9), np.uint8))
FINDING: dict[str, Any] = {"patterns": (), "extras": {}, "ending": ".png", "shared": False}


@pytest.mark.parametrize(
    "url",
    [
        *(f"{protocol}://host/a.png" for protocol in sorted(READ)),
        "zip://in/a.png::x.zip", "tar://a.png::s3://bucket/x.tar", "simplecache::s3://bucket/a.png",
        "zip://a.png::simplecache::https://host/x.zip", "photos/a.png", "/photos/../a.png",
        "file:///photos/a..b.png", "C:\\photos\\a.png",
    ],
)  # fmt: skip
def test_what_is_read(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("reference://x.png::refs.json", "reference:: is not followed; use a path, or one of"),
        ("reference://x.png", "reference:// is not read"),
        ("zip://../escaped.png::dots.zip", "'..' leads out of its folder"),
        ("zip://a/..\\..\\b.png::x.zip", "'..' leads out"),
        ("tar:///etc/passwd::x.tar", "'/etc/passwd' lies outside the archive"),
        ("zip://C:/a.png::x.zip", "outside the archive"),
        ("zip://a.png::reference://x::refs.json", "reference:: is not followed"),
        ("zip://a.png", "zip:// of what"),
        ("s3://bucket/../other/a.png", "'..' leads out"),
        ("memory://a/../b.png", "'..' leads out"),
        ("dir::file:///a", "dir:: is not followed"),
        ("generic://file:///a", "generic:// is not read"),
        ("git://a", "git:// is not read"),
        ("libarchive://a::b", "libarchive:: is not followed"),
        ("async_wrapper::file:///a", "is not followed"),
        ("REFERENCE://x::y", "reference:: is not followed"),
    ],
)
def test_what_is_refused(url: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told.replace("..'", r"\.\.'")):
        check_url(url)


def test_where_results_go() -> None:
    for protocol in WRITTEN:
        check_url(f"{protocol}://host/out", write=True)
    for url in ("https://host/out", "zip://out::x.zip", "simplecache::s3://bucket/out"):
        with pytest.raises(ConfigError, match=r"not written to|nothing is written through"):
            check_url(url, write=True)


def test_steps_upwards_in_names() -> None:
    check_name("a/..b/c...png", "x")
    for name in ("..", "a/../b", "a\\..\\b"):
        with pytest.raises(ConfigError, match=r"x: '\.\.' leads out"):
            check_name(name, "x")


def test_what_is_near() -> None:
    assert all(map(is_near, ("a.png", "/a", "file:///a", "memory://a", "zip://a::b.zip")))
    assert not any(map(is_near, ("s3://a", "zip://a::https://b", "simplecache::s3://a")))


@pytest.mark.parametrize("line", ["zip://../escaped.png::dots.zip", "reference://x.png::refs.json"])
def test_lists_lead_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    pytest.importorskip("fsspec")
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("dots.zip", "w") as archive:
        archive.writestr("../escaped.png", PNG)
    Path("refs.json").write_text(json.dumps({"version": 1, "refs": {"x.png": ["/etc/hosts"]}}))
    Path("list.txt").write_text(line)
    storage = as_storage("list.txt", "results/masks", **FINDING)
    with pytest.raises(ConfigError, match=r"leads out|not followed"):
        storage.find()
    assert not Path("results").exists()


def test_a_list_from_elsewhere_names_no_file_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("fsspec")
    from segprior.batch import remote_storage

    (tmp_path / "list.txt").write_text(f"{tmp_path}/a.png")
    storage = RemoteStorage(f"file://{tmp_path}/list.txt", "memory://out")
    assert len(storage.find()) == 1
    monkeypatch.setattr(remote_storage, "is_near", lambda url: not url.endswith("list.txt"))
    with pytest.raises(
        ConfigError, match=r"a list from elsewhere names .*, a file of this machine"
    ):
        storage.find()


def test_a_file_at_a_url_has_a_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fsspec")
    from segprior.batch.fsspec_files import fetch
    from segprior.io.files import budget

    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(5_000_000))
    url = f"zip://a.png::{tmp_path}/x.zip"
    assert len(fetch(url)) == 5_000_000
    monkeypatch.setattr(budget, "memory_there", lambda: 8_000_000)
    with pytest.raises(ImageError, match=r"would take 4\.77MB in memory, above the limit"):
        fetch(url)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_in_the_folder_of_results_lead_nowhere_else(tmp_path: Path) -> None:
    for name in ("in/sub", "out", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("in/a.png", "in/sub/b.png", "elsewhere/a.png"):
        (tmp_path / name).write_bytes(PNG)
    (tmp_path / "out" / "sub").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "out" / "a.png").symlink_to(tmp_path / "elsewhere" / "a.png")
    storage = LocalStorage(source=tmp_path / "in", output=tmp_path / "out")
    for item in storage.find():
        with pytest.raises(OutputError, match="a link leads out of"), storage.near(item):
            pass
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["a.png"]
