from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from segprior.errors import ImageError
from segprior.io.files.source import name_of, open_source
from segprior.io.image import as_image
from tests.helpers.written import encoded


@pytest.mark.parametrize("kind", ["file", "bytes", "stream"])
def test_zero_bytes(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    path.write_bytes(b"")
    source: Any = {"file": path, "bytes": b"", "stream": io.BytesIO()}[kind]
    with pytest.raises(ImageError, match="0 bytes"):
        as_image(source)


def test_no_such_file_folder_and_strange_names(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"no file .*absent\.png"):
        as_image(tmp_path / "absent.png")
    with pytest.raises(ImageError, match="is a folder"):
        as_image(tmp_path)
    for name in ("a\0b", "x" * 5000, ""):
        with pytest.raises(ImageError):
            as_image(name)


def test_text_stream(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with (tmp_path / "a.txt").open() as stream, pytest.raises(ImageError, match="'rb'"):
        as_image(stream)
    (tmp_path / "a.png").write_bytes(encoded(Image.new("L", (9, 9)), "PNG"))
    with (tmp_path / "a.png").open() as stream, pytest.raises(ImageError, match="'rb'"):
        as_image(stream)


def test_what_messages_call_a_source(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"x")
    with path.open("rb") as stream:
        assert name_of(stream) == name_of(path) == name_of(str(path)) == str(path)
    assert name_of(b"PNG") == "the bytes"
    assert name_of(io.BytesIO()) == "the stream"


def test_a_stream_without_an_end_stops_at_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    from segprior.io.files import budget

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return bytes(size)

    monkeypatch.setattr(budget, "memory_there", lambda: 16 << 20)
    with (
        pytest.raises(ImageError, match=r"the stream: would take 5MB in memory"),
        open_source(Endless()),
    ):
        pass
