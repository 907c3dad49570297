"""``segprior analyze`` and ``segprior reproduce``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segprior.cli import main
from tests.helpers.commands import TINY
from tests.helpers.folders import names

SHORT = (*TINY, "--snapshots", "1", "--late", "3", "--windows", "1,3")


def picture(path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(30, 60, (32, 40, 3))
    pixels[8:20, 10:22] += 150
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


def test_one_image_becomes_one_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = picture(tmp_path / "photo.png")
    out = tmp_path / "deep" / "out"
    assert main(["analyze", str(photo), "-o", str(out), *SHORT]) == 0
    assert names(out) == [
        "early_late.png", "edges.png", "epochs.png", "features.png", "pca.png", "spectrum.png",
        "spread.png", "summary.json", "windows.png",
    ]  # fmt: skip
    numbers = json.loads((out / "summary.json").read_text())
    assert [line["iteration"] for line in numbers["iterations"]] == [1, 3]
    assert str(out) in capsys.readouterr().out


def test_several_images_become_a_folder_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    picture(photos / "one.png")
    (photos / "two.png").write_bytes(b"broken")
    out = tmp_path / "out"
    assert main(["analyze", str(photos), "-o", str(out), "--json", *SHORT]) == 1
    assert names(out) == ["one"]
    good, bad = map(json.loads, capsys.readouterr().out.splitlines())
    assert good["output"] == str(out / "one")
    assert set(good["windows"]) == {"image", "prior"}
    assert "two.png" in bad["file"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["PHOTO"], "no output; add -o photo_out"),
        (["-o", "OUT"], "no image; name files"),
        (["PHOTO", "-o", "OUT.png"], "the result is a folder"),
        (["PHOTO", "-o", "-"], "the result is a folder"),
        (["PHOTO", "-o", "PHOTO"], "the result is a folder"),
        (["PHOTO", "-o", "OUT", "--windows", "2,4"], "a window of 2; pass odd numbers"),
        (["PHOTO", "-o", "OUT", "--windows", "x"], "--windows: got 'x'"),
        (["PHOTO", "-o", "OUT", "--late", "0"], "got --late 0"),
        (["PHOTO", "-o", "OUT", "--cutoff", "2"], "got --cutoff 2.0"),
        (["PHOTO", "-o", "OUT", "--preset", "quick"], "no preset 'quick'"),
        (["PHOTO", "-o", "OUT", "--windws", "1"], "did you mean '--windows'"),
        (["PHOTO", "PHOTO2", "-o", "OUT"], "would both become"),
        (["none.png", "-o", "OUT"], "no file none.png"),
    ],
)
def test_wrong_usage_of_analyze(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = picture(tmp_path / "photo.png")
    (tmp_path / "other").mkdir()
    again = picture(tmp_path / "other" / "photo.png")
    places = {"PHOTO": photo, "PHOTO2": again, "OUT": tmp_path / "out"}
    places["OUT.png"] = tmp_path / "out.png"
    assert main(["analyze", *(str(places.get(word, word)) for word in words)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("segprior: ")
    assert message in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [["analyze", "PHOTO"], ["reproduce"]])
def test_a_missing_matplotlib_is_told_before_the_fit(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    photo = picture(tmp_path / "photo.png")
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    out = tmp_path / "out"
    argv = [str(photo) if word == "PHOTO" else word for word in words]
    assert main([*argv, "-o", str(out)]) == 2
    assert 'pip install "segprior[plots]"' in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("command", ["analyze", "reproduce"])
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"segprior {command}" in text
    assert "--members N" in text
    assert "(10, " not in text
