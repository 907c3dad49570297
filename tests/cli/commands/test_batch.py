from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segprior.cli import main
from tests.helpers.things import discs

QUICK = ("--features", "image")
FIT = ("--members", "1", "--iterations", "2", "--working-size", "32")


def picture(path: Path, number: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.full((32, 40, 3), 60, np.uint8)
    values[8 : 20 + number % 8, 8 : 20 + number // 8] = (230, 120, 40)
    Image.fromarray(values).save(path)
    return path


def tree(root: Path) -> list[str]:
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*"))


def rows(root: Path) -> list[dict[str, Any]]:
    lines = (root / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    picture(Path("in/a.png"), 1)
    picture(Path("in/sub/b.bmp"), 2)
    return tmp_path


def test_things_one_by_one_with_a_table_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    for name, share in (("a", 1.0), ("b", 0.5)):
        shown = np.rint(255 * share * discs()[0]).astype(np.uint8)
        Image.fromarray(shown).save(tmp_path / "in" / f"{name}.png")
    out = tmp_path / "out"
    words = ["batch", "foreground", str(tmp_path / "in"), "-o", str(out), "--table", "--instances"]
    assert main([*words, "--reading", "things"]) == 0
    assert tree(out) == ["a.png", "a_table.csv", "b.png", "b_table.csv", "manifest.jsonl"]
    assert [row["scores"]["instances"] for row in rows(out)] == [7, 7]
    for name in "ab":
        assert np.asarray(Image.open(out / f"{name}.png")).max() == 7
        assert len((out / f"{name}_table.csv").read_text("utf-8").splitlines()) == 8


def test_a_tree_of_masks_and_again(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["batch", "foreground", "in", "-o", "out", *QUICK, "--overlay"]
    assert main(words) == 0
    assert capsys.readouterr() == ("out: 2 done of 2\n", "")
    files = ["a.png", "a_overlay.png", "manifest.jsonl"]
    assert tree(Path("out")) == [*files, "sub", "sub/b.png", "sub/b_overlay.png"]
    row = rows(Path("out"))[1]
    assert (row["input"], row["output"], row["seed"]) == ("sub/b.bmp", "sub/b.png", 0)
    assert {"foreground", "confidence", "evidence"} == set(row["scores"])
    assert main(words) == 0
    assert capsys.readouterr().out == "out: 0 done, 2 kept from before of 2\n"
    assert main([*words, "--min-size", "3"]) == 0
    assert capsys.readouterr().out == "out: 2 done of 2\n"
    assert main([*words, "--min-size", "3", "--seed", "1", "-q"]) == 0
    assert capsys.readouterr().out == ""
    assert rows(Path("out"))[0]["seed"] == 1


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("foreground", [*FIT, "--overlay", "--save-prior", "--snapshots", "1"]),
        ("prior", list(FIT)),
        ("segment", ["--members", "1", "--boundaries"]),
        ("segment", ["--edges", "image", "--coarseness", "0,1", "--ucm", "--overlay"]),
        ("segment", [*FIT, "--preset", "backprop", "--format", "geojson", "--table"]),
    ],
)
def test_the_same_bytes_as_from_the_single_command(
    here: Path, command: str, options: Sequence[str]
) -> None:
    assert main([command, "in/a.png", "-o", "one/", *options, "--seed", "3"]) == 0
    assert main([command, "in/sub/b.bmp", "-o", "one/", *options, "--seed", "3"]) == 0
    assert main(["batch", command, "in", "-o", "all", *options, "--seed", "3"]) == 0
    single = {path.name: path.read_bytes() for path in Path("one").iterdir()}
    made = {path.name: path.read_bytes() for path in Path("all").rglob("*") if path.is_file()}
    del made["manifest.jsonl"]
    assert made.keys() == single.keys()
    for name in single:
        if name.endswith(".geojson"):  # names its image by the way there
            assert made[name].count(b"[") == single[name].count(b"[")
        else:
            assert made[name] == single[name], name


def test_a_folder_for_each_image(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quick = ["--first-iterations", "2", "--second-iterations", "2", "--working-size", "32"]
    assert main(["double-dip", "in/sub/b.bmp", "-o", "one", *quick]) == 0
    capsys.readouterr()
    words = ["batch", "double-dip", "in", "-o", "out", *quick, "--workers", "1"]
    assert main(words) == 0
    for name in ("mask.png", "composed.png", "curves.csv"):
        assert (here / "one" / name).read_bytes() == (here / "out/sub/b" / name).read_bytes()
    assert rows(Path("out"))[1]["output"] == "sub/b"
    (here / "out" / "a" / "mask.png").unlink()
    capsys.readouterr()
    assert main(words) == 0
    assert capsys.readouterr().out == "out: 1 done, 1 kept from before of 2\n"
    assert (here / "out" / "a" / "mask.png").exists()


def test_some_failures_are_1_and_all_are_2(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("in/bad/worse").mkdir(parents=True)
    Path("in/bad/worse/x.jpg").write_bytes(b"nothing")
    words = ["-o", "out", *QUICK, "--json"]
    assert main(["batch", "foreground", "in", *words]) == 1
    out, err = capsys.readouterr()
    printed = [json.loads(line) for line in out.splitlines()]
    assert sorted(printed, key=lambda row: str(row["input"])) == rows(Path("out"))
    assert err.startswith("segprior: in/bad/worse/x.jpg: not a picture")
    assert err.count("\n") == 1
    assert not Path("out/bad").exists()
    assert main(["batch", "foreground", "in/bad", "-o", "none", *QUICK]) == 2
    assert len(rows(Path("none"))) == 1


def test_a_list_and_patterns(here: Path) -> None:
    Path("list.txt").write_text("in/sub/b.bmp\nin/gone.png\n")
    assert main(["batch", "foreground", "list.txt", "-o", "out", *QUICK]) == 1
    assert [row["error"] is None for row in rows(Path("out"))] == [False, True]
    assert Path("out/in/sub/b.png").exists()
    assert main(["batch", "foreground", "in", "-o", "some", *QUICK, "--pattern", "*.bmp"]) == 0
    assert [row["input"] for row in rows(Path("some"))] == ["sub/b.bmp"]


def test_hierarchies_of_a_tree_and_cuts_of_them(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["batch", "segment", "in", "-o", "out", "--edges", "image", "--hierarchy"]
    assert main(words) == 0
    assert rows(Path("out"))[0]["files"] == ["a.png", "a_hierarchy.npz"]
    again = ["batch", "segment", "out", "-o", "cuts", "--pattern", "*.npz"]
    assert main(again) == 0
    for one, other in (("a", "a_hierarchy"), ("sub/b", "sub/b_hierarchy")):
        assert Path(f"out/{one}.png").read_bytes() == Path(f"cuts/{other}.png").read_bytes()
    capsys.readouterr()
    for levels, told in (("0,1", "2 done"), ("0,1", "0 done, 2 kept from before")):
        assert main([*again, "--coarseness", levels]) == 0
        assert capsys.readouterr().out == f"cuts: {told} of 2\n"
    for levels in ("0,.5", "1,.5"):
        assert main([*again, "--coarseness", levels]) == 0
        assert capsys.readouterr().out == "cuts: 2 done of 2\n"
    assert rows(Path("cuts"))[0]["files"] == ["a_hierarchy_1.png", "a_hierarchy_0.5.png"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no command; choose double-dip, foreground, prior or segment"),
        (["forground", "in", "-o", "out"], "(did you mean 'foreground'?)"),
        (["foreground", "-o", "out"], "got none of IN; name one folder"),
        (["foreground", "in", "in/sub", "-o", "out"], "got 2 of IN"),
        (["foreground", "in"], "no output; add -o FOLDER"),
        (["foreground", "in", "-o", "in"], "among the images"),
        (["foreground", "in", "-o", "in/a.png"], "is a file"),
        (["foreground", "in/a.png", "-o", "out"], "in/a.png is one image"),
        (["foreground", "nowhere", "-o", "out"], "no folder or file nowhere"),
        (["foreground", "in", "-o", "out", "--pattern", "*.x"], "no image that fits *.x in in"),
        (["foreground", "in", "-o", "out", "--workers", "-1"], "got --workers -1"),
        (["foreground", "in", "-o", "out", "--interval", "0"], "got --interval 0"),
        (["foreground", "in", "-o", "out", "--members", "0"], "got --members 0"),
        (["foreground", "in", "-o", "out", "--prior", "p.npz"], "--prior is for one image"),
        (["segment", "in", "-o", "out", "--scribbles", "s.png"], "--scribbles is for one image"),
        (["segment", "in", "-o", "out", "--tensorboard", "t"], "--tensorboard is for one image"),
        (["segment", "in", "-o", "out", "--hierarchy", "h.npz"], "leave the name out for several"),
        (["double-dip", "in", "-o", "out", "--hint", "in/a.png"], "is the hint of one image"),
        (["foreground", "in", "-o", "out", "--wokers", "2"], "did you mean '--workers'?"),
    ],
)
def test_wrong_words_are_one_line_and_2(
    here: Path, capsys: pytest.CaptureFixture[str], words: Sequence[str], message: str
) -> None:
    before = tree(here)
    assert main(["batch", *words]) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert err.startswith("segprior: ")
    assert err.count("\n") == 1
    assert out == ""
    assert tree(here) == before


def test_the_help_has_what_is_for_many_images(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["batch", "--help"]) == 0
    assert "usage: segprior batch COMMAND IN -o OUT" in capsys.readouterr().out
    for command in ("double-dip", "foreground", "prior", "segment"):
        assert main(["batch", command, "--help"]) == 0
        text = capsys.readouterr().out
        assert f"usage: segprior batch {command} IN -o OUT" in text
        assert "--watch" in text
        assert "--workers" in text
        assert "--scribbles" not in text
        assert "--prior FILE" not in text


def begin(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "segprior", "batch", "foreground", "in", "-o", "out", *words]
    return subprocess.Popen(
        [*command, *QUICK, "--preset", "dsp", "--n-init", "40", "--workers", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def wait_for_lines(process: subprocess.Popen[str], count: int) -> None:
    manifest = Path("out/manifest.jsonl")
    while not manifest.exists() or manifest.read_bytes().count(b"\n") < count:
        assert process.poll() is None
        time.sleep(0.01)


@pytest.fixture
def many(here: Path) -> Path:
    for number in range(24):
        picture(Path(f"in/many/{number}.png"), number)
    return here


def test_a_kill_loses_the_images_in_flight_only(
    many: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = begin()
    wait_for_lines(process, 6)
    process.kill()
    process.communicate()
    held = Path("out/manifest.jsonl").read_bytes()
    whole = held.count(b"\n")
    assert 6 <= whole < 26
    # What a kill in the middle of writing leaves behind.
    Path("out/manifest.jsonl").write_bytes(held + b'{"input": "many/7.png", "outp')
    Path("out/many/.0123456789abcdef.tmp").write_bytes(b"half a picture")
    assert (
        main(
            ["batch", "foreground", "in", "-o", "out", *QUICK, "--preset", "dsp", "--n-init", "40"]
        )
        == 0
    )
    assert capsys.readouterr().out == f"out: {26 - whole} done, {whole} kept from before of 26\n"
    found = rows(Path("out"))
    assert len({row["input"] for row in found}) == len(found) == 26
    outputs = {path for path in tree(Path("out")) if path.endswith(".png")}
    assert outputs == {row["output"] for row in found}
    assert not [path for path in tree(Path("out")) if ".tmp" in path]
    for path in outputs:
        with Image.open(Path("out") / path) as image:
            assert image.size == (40, 32)
            image.load()


def test_ctrl_c_is_130_and_one_line(many: Path) -> None:
    process = begin()
    wait_for_lines(process, 3)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130
    assert out == ""
    assert err.startswith("segprior: interrupted; ")
    assert err.count("\n") == 1
    assert len(rows(Path("out"))) >= 3
    assert not [path for path in tree(Path("out")) if ".tmp" in path]


def test_watching_ends_with_ctrl_c(here: Path) -> None:
    process = begin("--watch", "--interval", "0.1", "--json")
    wait_for_lines(process, 2)
    picture(Path("in/late.png"))
    wait_for_lines(process, 3)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130
    assert json.loads(out.splitlines()[-1])["input"] == "late.png"
    assert err == "segprior: interrupted; 3 done of 3\n"
    assert Path("out/late.png").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("whole", [False, True], ids=["the command", "its workers too"])
def test_other_ends_are_like_ctrl_c(
    many: Path, number: signal.Signals, code: int, whole: bool
) -> None:
    process = begin()
    wait_for_lines(process, 3)
    (os.killpg if whole else os.kill)(process.pid, number)
    out, err = process.communicate()
    assert process.returncode == code
    assert out == ""
    assert err.startswith(f"segprior: ended by {number.name}; ")
    assert err.endswith(" of 26; run the same command again to go on from there\n")
    assert err.count("\n") == 1
    assert len(rows(Path("out"))) >= 3
    assert not [path for path in tree(Path("out")) if ".tmp" in path]
