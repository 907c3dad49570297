from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from segprior.cli import main
from segprior.cli.execution import work
from segprior.io.image import open_planes
from tests.helpers.commands import QUICK, feed, picture
from tests.helpers.folders import names


def test_dashes_are_standard_input_and_output(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    feed(monkeypatch, photo.read_bytes())
    assert main(["foreground", "-", "-o", "-", "--json", *QUICK]) == 0
    out, err = capsysbinary.readouterr()
    with Image.open(io.BytesIO(out)) as mask:
        assert (mask.format, mask.size) == ("PNG", (40, 32))
    facts = json.loads(err)
    assert (facts["file"], facts["output"]) == ("-", "-")


def test_standard_input_into_a_folder(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monkeypatch, photo.read_bytes())
    assert main(["foreground", "-", "-o", f"{tmp_path}/", *QUICK]) == 0
    assert names(tmp_path) == ["photo.png", "stdin.png"]


def test_one_bad_file_does_not_stop_the_others(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, missing = str(photos / "one.png"), str(photos / "none.png")
    assert main(["foreground", missing, good, "-o", str(tmp_path / "out"), *QUICK]) == 1
    out, err = capsys.readouterr()
    assert names(tmp_path / "out") == ["one.png"]
    assert "none.png" in err
    assert len(err.splitlines()) == len(out.splitlines()) == 1


def test_an_empty_folder_does_not_stop_the_others(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    out = tmp_path / "out"
    assert main(["foreground", str(tmp_path / "empty"), str(photo), "-o", str(out), *QUICK]) == 1
    assert names(out) == ["photo.png"]
    assert "no images in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RuntimeError("odd\nthing"), "unexpected RuntimeError: odd thing; please report it"),
        (MemoryError(), "not enough memory; pass a smaller --working-size"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "not enough memory"),
    ],
)
def test_the_unforeseen_is_one_line_too(
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    told: str,
) -> None:
    def fail_once(source: Any, **options: Any) -> Any:
        if Path(source).stem == "one":
            raise error
        return open_planes(source, **options)

    monkeypatch.setattr(work, "open_planes", fail_once)
    assert main(["foreground", str(photos), "-o", str(tmp_path / "out"), *QUICK]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert names(tmp_path / "out") == ["two.png"]


def test_a_traceback_can_be_asked_for(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("odd")

    monkeypatch.setattr(work, "open_planes", fail)
    monkeypatch.setenv("SEGPRIOR_TRACEBACK", "1")
    with pytest.raises(RuntimeError, match="odd"):
        main(["foreground", str(photo), "-o", str(tmp_path / "mask.png"), *QUICK])


def test_an_image_that_fails_leaves_none_of_its_files(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise OSError("disk full")

    monkeypatch.setattr("segprior.result.Segmentation.save", fail)
    out = tmp_path / "out"
    command = ["foreground", str(photo), "-o", f"{out}/", "--overlay", "--cutout", *QUICK]
    assert main(command) == 2
    assert names(tmp_path) == ["photo.png"]


def test_an_interrupt_keeps_what_is_finished(
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(source: Any, **options: Any) -> Any:
        if Path(source).stem == "two":
            os.kill(os.getpid(), signal.SIGINT)
        return open_planes(source, **options)

    monkeypatch.setattr(work, "open_planes", interrupted)
    before = signal.getsignal(signal.SIGINT)
    assert main(["foreground", str(photos), "-o", str(tmp_path / "out"), *QUICK]) == 130
    assert capsys.readouterr().err == "segprior: interrupted; 1 of 2 images are done\n"
    assert names(tmp_path / "out") == ["one.png"]
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_ends_a_fit(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 16, 16)
    picture(tmp_path / "b.png", 400, 400)
    command = [sys.executable, "-m", "segprior", "prior", "a.png", "b.png", "-o", "out"]
    options = ["--members", "2", "--iterations", "150", "--working-size", "full"]
    with subprocess.Popen(
        [*command, *options],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("a.png -> ")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err == "segprior: interrupted; 1 of 2 images are done\n"
    assert names(tmp_path / "out") == ["a.png"]


def test_a_folder_that_was_made_goes_if_nothing_came_of_it(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"")
    assert main(["foreground", str(tmp_path / "bad.png"), "-o", f"{tmp_path}/a/b/"]) == 2
    assert names(tmp_path) == ["bad.png"]


def test_terminals_carry_no_images(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["foreground", str(photo), "-o", "-"]) == 2
    assert "standard output is a terminal" in capsys.readouterr().err
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    feed(monkeypatch, b"")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert main(["foreground", "-", "-o", "-"]) == 2
    assert "standard input is a terminal" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="no signals between processes")
@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "ended by SIGTERM"),
        (signal.SIGHUP, 129, "ended by SIGHUP"),
    ],
)
def test_an_end_from_outside_keeps_what_is_finished(
    number: int, code: int, word: str, tmp_path: Path
) -> None:
    for name in ("a.png", "b.png"):
        picture(tmp_path / name)
    words = ["prior", "a.png", "b.png", "-o", "o", "--iterations", "3000", "--working-size", "40"]
    process = subprocess.Popen(
        [sys.executable, "-m", "segprior", *words, "--members", "2"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not (tmp_path / "o" / "a.png").exists():
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(0.1)  # until the second is under way
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (code, f"segprior: {word}; 1 of 2 images are done\n")
    assert out.startswith("a.png -> o")
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["a.png"]
