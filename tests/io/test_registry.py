"""Formats are found by name, suffix, content and folder; those of others without harm."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from segprior.io.registry import (
    by_name,
    by_suffix,
    endings,
    folder_format,
    formats,
    known,
    one_of,
    recognise,
)
from tests.io.conftest import Register


def test_order_is_that_of_rank_and_name() -> None:
    order = [(format.rank, format.name) for format in formats()]
    assert order == sorted(order)
    assert [name for _, name in order][:3] == ["png", "jpeg", "webp"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.PNG", "png"),
        ("folder.tif/a.b.npy", "npy"),
        ("a.tif", "tiff"),
        ("a.ome.tif", "ome-tiff"),
        ("a.zarr", "zarr"),
        ("a.json", None),
        ("a.xyz", None),
        (".png", None),
        ("png", None),
    ],
)
def test_by_suffix(path: str, name: str | None) -> None:
    found = by_suffix(path)
    assert (found and found.name) == name


def test_by_suffix_of_those_that_can() -> None:
    assert by_suffix("a.ome.tif", lambda format: format.read) is by_name("tiff")
    assert by_suffix("a.gif", lambda format: format.writes_labels) is None


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"MM\0+", "tiff"),
        (b"\x93NUMPY", "npy"),
        (b"", None),
    ],
)
def test_by_content(head: bytes, name: str | None) -> None:
    stream = io.BytesIO(head)
    found = recognise(stream, "a.png")
    assert (found and found.name) == name
    assert stream.tell() == 0


def test_folders(tmp_path: Path) -> None:
    assert folder_format(tmp_path) is None
    (tmp_path / ".zarray").touch()
    assert folder_format(tmp_path) is by_name("zarr")
    assert folder_format(str(tmp_path)) is by_name("zarr")
    assert folder_format(tmp_path / ".zarray") is None
    assert folder_format(b"bytes") is None
    assert folder_format("a\0b") is None


def test_words_for_messages() -> None:
    assert known().startswith("PNG, JPEG, WebP, BMP, GIF, TIFF")
    assert ".npy" in known()
    assert known(labels=True).startswith("PNG, TIFF")
    assert "JPEG" not in known(labels=True)
    assert "Zarr" not in known()
    assert one_of(["a"]) == "a"
    assert one_of(["a", "b"]) == "a or b"
    assert endings(lambda format: format.lossy)[:2] == (".jpg", ".jpeg")


def test_others_come_last(register: Register) -> None:
    register(
        zz="FORMAT = Format(name='zz', suffixes=('.zz',), rank=-5)",
        aa="FORMAT = Format(name='aa', suffixes=('.aa',), shared=('.png',))",
    )
    assert [format.name for format in formats()][-2:] == ["zz", "aa"]
    assert by_suffix("a.aa") is by_name("aa")
    assert by_suffix("a.png") is by_name("png")


def test_known_by_suffix_where_bytes_tell_nothing(register: Register) -> None:
    register(raw="FORMAT = Format(name='raw', suffixes=('.raw',), read=lambda *_: None)")
    assert recognise(io.BytesIO(b"anything"), "a.raw") is by_name("raw")
    assert recognise(io.BytesIO(b"\x89PNG\r\n\x1a\n"), "a.raw") is by_name("png")
    assert recognise(io.BytesIO(b"anything"), "the bytes") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FORMAT = Format(name='png')", "the name 'png' is taken; choose another one"),
        (
            "FORMAT = Format(name='new', suffixes=('.tif',))",
            ".tif is a suffix of tiff; move it to the shared ones",
        ),
        (
            "FORMAT = Format(name='new', suffixes=('.json',))",
            ".json is a suffix of coco; move it to the shared ones",
        ),
        ("FORMAT = 'new'", "strange_new:FORMAT is no Format"),
        ("FORMAT = Format()", "TypeError: Format.__init__() missing"),
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines"),
    ],
)
def test_others_that_are_left_out(
    text: str, reason: str, register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    before = formats()
    register(new=text)
    assert formats() == before
    (line,) = caplog.messages
    start = "segprior: segprior.formats new of strange_new 1.0 is left out: "
    assert line.startswith(start + reason)
    assert "\n" not in line


def test_a_name_or_suffix_is_taken_by_the_first(
    register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    register(
        a="FORMAT = Format(name='same', suffixes=('.a',))",
        b="FORMAT = Format(name='same', suffixes=('.b',))",
        c="FORMAT = Format(name='third', suffixes=('.a',))",
    )
    assert by_name("same").suffixes == (".a",)
    assert ["strange_b" in line or "strange_c" in line for line in caplog.messages] == [True, True]


def test_told_in_one_line_on_stderr(register: Register, tmp_path: Path) -> None:
    register(new="raise ValueError('broken')")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        "from segprior.io.registry import formats; formats(); formats()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (line,) = done.stderr.splitlines()
    assert line.startswith("segprior: segprior.formats new of strange_new 1.0 is left out: ")


def test_nothing_heavy_is_loaded() -> None:
    code = (
        "import sys; from segprior.io.registry import formats; formats()\n"
        "heavy = 'PIL cv2 scipy skimage sklearn tifffile torch zarr'.split()\n"
        "print(sorted(set(heavy) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
