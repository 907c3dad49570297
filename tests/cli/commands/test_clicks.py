from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segprior.cli import main
from segprior.image.colour import to_uint8
from segprior.io.label_maps import read_labels
from tests.helpers.clicks import discs, truth


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("in/sub").mkdir(parents=True)
    for name in ("in/a.png", "in/sub/b.png"):
        Image.fromarray(to_uint8(discs())).save(name)
    return tmp_path


WORDS = ["batch", "foreground", "in", "-o", "out", "--workers", "1", "--clicks", "clicks.csv"]


def test_each_image_has_its_points(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = "image,row,column,label\na.png,20,18,1\na.png,34,46,0\nsub/b.png,34,46,1\n"
    Path("clicks.csv").write_text(table)
    assert main(WORDS) == 0
    for name, label in (("a", 1), ("sub/b", 2)):
        assert ((read_labels(f"out/{name}.png") > 0) != (truth() == label)).mean() < 0.03
    single = ["foreground", "in/a.png", "-o", "one.png", "--click", "20,18", "--click", "34,46,0"]
    assert main(single) == 0
    np.testing.assert_array_equal(read_labels("one.png"), read_labels("out/a.png"))
    capsys.readouterr()
    assert main(WORDS) == 0
    assert capsys.readouterr().out == "out: 0 done, 2 kept from before of 2\n"
    Path("clicks.csv").write_text(table.replace("a.png,20,18,1", "a.png,21,18,1"))
    assert main(WORDS) == 0
    assert capsys.readouterr().out == "out: 2 done of 2\n"


def test_an_image_without_points_fails_alone(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("clicks.csv").write_text("image,row,column\na.png,20,18\nc.png,1,1\n")
    assert main(WORDS) == 1
    error = capsys.readouterr().err
    assert "sub/b.png: no points in clicks.csv; add some" in error
    assert error.count("\n") == 1
    rows = [json.loads(line) for line in Path("out/manifest.jsonl").read_text().splitlines()]
    assert {row["input"]: row["error"] is None for row in rows if "input" in row} == {
        "a.png": True, "sub/b.png": False,
    }  # fmt: skip
    assert not Path("out/sub/b.png").exists()


@pytest.mark.parametrize(
    ("table", "words", "match"),
    [
        ("a,b\n1,2\n", [], "clicks.csv: columns a, b, none of them image"),
        ("image,row,column\na.png,1,1\n", ["--save-prior"], "--clicks needs no prior"),
        (None, [], "no file clicks.csv"),
    ],
)
def test_mistakes_are_one_line_and_2(
    here: Path, capsys: pytest.CaptureFixture[str], table: str | None, words: list[str], match: str
) -> None:
    if table is not None:
        Path("clicks.csv").write_text(table)
    assert main([*WORDS, *words]) == 2
    error = capsys.readouterr().err
    assert match in error
    assert error.count("\n") == 1
    assert not Path("out").exists()
