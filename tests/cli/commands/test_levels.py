from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segprior.cli import main
from segprior.io.label_maps import read_labels
from segprior.methods.multiclass.api import segment
from segprior.methods.multiclass.hierarchy import segment_hierarchy
from segprior.methods.multiclass.levels import Hierarchy
from tests.helpers.commands import feed
from tests.helpers.folders import names

ROOT = Path(__file__).parents[3]
IMAGE = ("--edges", "image")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    values = np.random.default_rng(1).integers(0, 256, (40, 56, 3), np.uint8)
    values[8:24, 8:40] //= 5
    Image.fromarray(values).save("photo.png")
    Image.fromarray(np.full((16, 20, 3), 90, np.uint8)).save("flat.png")
    return tmp_path


def run(*words: str) -> None:
    assert main(["segment", *words]) == 0


def made(folder: Path) -> list[str]:
    return [name for name in names(folder) if name not in ("photo.png", "flat.png")]


def facts(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    for name in ("file", "seconds"):
        del found[name]
    return found


def test_the_hierarchy_is_that_of_the_function(here: Path) -> None:
    run("photo.png", "-o", "labels.png", "--hierarchy", "levels.npz", "--ucm", "ucm.tif", *IMAGE)
    assert made(here) == ["labels.png", "levels.npz", "ucm.tif"]
    levels = Hierarchy.load("levels.npz")
    expected = segment_hierarchy("photo.png", edges="image")
    np.testing.assert_array_equal(levels.regions, expected.regions)
    np.testing.assert_array_equal(levels.costs, expected.costs)
    assert levels.config == expected.config
    ucm = np.asarray(Image.open("ucm.tif"))
    np.testing.assert_array_equal(ucm, expected.ucm().astype(np.float32))
    alone = segment("photo.png", edges="image")
    np.testing.assert_array_equal(read_labels("labels.png"), alone.labels)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--coarseness", "0.3"),
        ("--classes", "7"),
        ("--max-classes", "5"),
        ("--min-classes", "60", "--coarseness", "1"),
        ("--connected",),
        ("--format", "tiff"),
    ],
    ids=" ".join,
)
def test_a_cut_of_the_file_is_that_of_the_image(
    here: Path, capsys: pytest.CaptureFixture[str], options: Sequence[str]
) -> None:
    suffix = ".tif" if "tiff" in options else ".png"
    run("photo.png", "-o", "whole.png", "--hierarchy", "levels.npz", "--coarseness", ".9", *IMAGE)
    capsys.readouterr()
    wanted = (*options, "--confidence", "--json")
    run("photo.png", "-o", f"one{suffix}", *IMAGE, *wanted)
    direct = facts(capsys)
    run("levels.npz", "-o", f"two{suffix}", *wanted)
    again = facts(capsys)
    for end in (suffix, "_confidence.png"):
        assert Path(f"one{end}").read_bytes() == Path(f"two{end}").read_bytes()
    assert (direct.pop("output"), again.pop("output")) == (f"one{suffix}", f"two{suffix}")
    del direct["extras"], again["extras"]
    assert direct == again


def test_an_image_of_one_colour_too(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("flat.png", "-o", "one.png", "--hierarchy", "--confidence", "--min-classes", "2", "--quiet")
    run("flat.png", "-o", "plain.png", "--confidence", "--min-classes", "2", "--json")
    direct = facts(capsys)
    run("one_hierarchy.npz", "-o", "two.png", "--confidence", "--min-classes", "2", "--json")
    again = facts(capsys)
    for name in ("labels", "confidence", "evidence", "curves"):
        assert direct[name] == again[name]
    for first in ("one", "plain"):
        for end in (".png", "_confidence.png"):
            assert Path(f"{first}{end}").read_bytes() == Path(f"two{end}").read_bytes()


def test_several_cuts_each_have_their_files(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("photo.png", "-o", "l.tif", "--coarseness", "0,.5,1", "--overlay", "--ucm", *IMAGE)
    assert made(here) == [
        "l_0.5.tif", "l_0.5_overlay.png", "l_0.tif", "l_0_overlay.png", "l_1.tif",
        "l_1_overlay.png", "l_ucm.png",
    ]  # fmt: skip
    found = [segment("photo.png", edges="image", coarseness=c) for c in (0, 0.5, 1)]
    for one, cut in zip(found, ("0", "0.5", "1"), strict=True):
        np.testing.assert_array_equal(read_labels(f"l_{cut}.tif"), one.labels)
        drawn = np.asarray(Image.open(f"l_{cut}_overlay.png"))
        np.testing.assert_array_equal(drawn, one.overlay("photo.png"))
    out = capsys.readouterr().out
    counts = ", ".join(str(one.n_labels) for one in found)
    assert out.startswith(f"photo.png -> l_0.tif, l_0.5.tif, l_1.tif  ({counts} labels, ")
    assert out.count("\n") == 1


@pytest.mark.filterwarnings("default:.*no colours in the table")
def test_several_cuts_of_a_file_for_programs(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("photo.png", "-o", "a.png", "--coarseness", "0,.25", "--hierarchy", *IMAGE, "--json")
    direct = facts(capsys)
    run("a_hierarchy.npz", "-o", "b.png", "--coarseness", "0,.25", "--json", "--table", "-q")
    out, err = capsys.readouterr()
    again = json.loads(out)
    assert err == "segprior: warning: a_hierarchy.npz holds no image; no colours in the table\n"
    assert again["output"] == ["b_0.png", "b_0.25.png"]
    assert again["extras"] == {"0_table": "b_0_table.csv", "0.25_table": "b_0.25_table.csv"}
    for name in ("labels", "confidence", "evidence", "settings"):
        assert direct[name] == again[name]
    assert direct["settings"]["coarseness"] == [0, 0.25]
    assert [len(one) for one in (direct["labels"], direct["evidence"])] == [2, 2]
    for cut in ("0", "0.25"):
        assert Path(f"a_{cut}.png").read_bytes() == Path(f"b_{cut}.png").read_bytes()
    head, *rows = Path("b_0_table.csv").read_text().splitlines()
    assert "mean" not in head
    assert len(rows) == direct["labels"][0]


def test_several_images(here: Path) -> None:
    words = ("--hierarchy", "--coarseness", "0,1", *IMAGE, "-q")
    run("photo.png", "flat.png", "-o", "out/", *words)
    assert names(here / "out") == [
        f"{stem}_{end}" for stem in ("flat", "photo") for end in ("0.png", "1.png", "hierarchy.npz")
    ]
    run("out/photo_hierarchy.npz", "out/flat_hierarchy.npz", "-o", "again", "-q")
    assert names(here / "again") == ["flat_hierarchy.png", "photo_hierarchy.png"]
    run("out/photo_hierarchy.npz", "flat.png", "-o", "mixed", "-q")
    assert names(here / "mixed") == ["flat.png", "photo_hierarchy.png"]


def test_labels_to_standard_output_and_the_rest_to_files(
    here: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monkeypatch, Path("photo.png").read_bytes())
    run("-", "--hierarchy", "levels.npz", *IMAGE)
    whole = capfdbinary.readouterr().out
    run("levels.npz", "-o", "-", "--ucm", "ucm.png")
    assert capfdbinary.readouterr().out == whole
    assert made(here) == ["levels.npz", "ucm.png"]


def test_pictures_of_the_prior_are_no_hindrance(here: Path) -> None:
    quick = ("--members", "1", "--working-size", "32")
    words = ("--coarseness", "0,1", "--save-prior", "--min-classes", "2", *quick)
    run("photo.png", "-o", "l.png", *words, "--edges", "prior")
    assert made(here) == ["l_0.png", "l_1.png", "l_prior.png"]
    plain = segment(
        "photo.png", members=1, working_size=32, edges="prior", coarseness=1, min_classes=2
    )
    np.testing.assert_array_equal(read_labels("l_1.png"), plain.labels)


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (["--overlay"], "--overlay needs the image, which levels.npz does not hold; leave it out"),
        (["--boundaries"], "--boundaries needs the image"),
        (["--min-size", "5"], "--min-size needs the image"),
        (["--working-size", "99"], "--working-size has no use with levels.npz"),
        (["--edges", "image"], "--edges has no use with levels.npz"),
        (["--members", "3"], "--members has no use with levels.npz"),
        (["--method", "dynamic"], "--method has no use with levels.npz"),
        (["--preset", "backprop"], "--preset has no use with levels.npz"),
        (["--seed", "0"], "--seed has no use with levels.npz"),
        (["--page", "0"], "--page has no use with levels.npz"),
        (["--tiles"], "--tiles has no use with levels.npz"),
        (["--scale", "0.5"], "--scale has no use with levels.npz"),
        (["--save-prior"], "--save-prior has no use with levels.npz"),
        (["--hierarchy", "again.npz"], "--hierarchy has no use with levels.npz"),
        (["--classes", "9999"], "regions, not the 9999 classes asked for"),
        (["--max-pixels", "100"], "raise --max-pixels"),
        (["--ucm", "levels.npz"], "--ucm: got 'levels.npz'; end it in .png or .tif"),
        (["--coarseness", "2"], "got --coarseness 2.0"),
    ],
)
def test_what_makes_no_sense_with_a_file(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], match: str
) -> None:
    run("photo.png", "-o", "labels.png", "--hierarchy", "levels.npz", "-q", *IMAGE)
    before = names(here)
    assert main(["segment", "levels.npz", "-o", "out.png", *words]) == 2
    error = capsys.readouterr().err
    assert match in error
    assert error.count("\n") == 1
    assert names(here) == before


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (["--hierarchy", "levels.png"], "--hierarchy: got 'levels.png'; end it in .npz"),
        (["--hierarchy", "none/levels.npz"], "no folder none; make it first"),
        (["--hierarchy", "--method", "dynamic"], "--hierarchy is for a hierarchy, and --method dy"),
        (["--ucm", "u.npy", "--preset", "backprop"], "--ucm is for a hierarchy"),
        (["--ucm", "photo.png"], "photo.png would be written over the input"),
        (["--ucm", "labels.png"], "would both become labels.png"),
        (["--hierarchy", "x.npz", "flat.png", "-o", "o/"], "leave the name out for several images"),
        (["--coarseness", "0,much"], "pass a number, or several with commas"),
        (["--coarseness", "0,1.5"], "got --coarseness 1.5; pass a number from 0 to 1"),
        (["--coarseness", ".5,0.50"], "got --coarseness 0.5 twice"),
        (["--coarseness", "0,1", "--classes", "3"], "--classes 3 is the same at every"),
        (["--coarseness", "0,1", "--preset", "backprop"], "got --coarseness 0.0 with --method"),
        (["--coarseness", "0,1", "-o", "-"], "several results cannot share standard output"),
        (["--coarseness", "0,1", "--tiles"], "--coarseness with several levels needs the image"),
        (["--hierarchy", "--tiles"], "--hierarchy needs the image in one piece"),
    ],
)
def test_mistakes_with_an_image(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], match: str
) -> None:
    assert main(["segment", "photo.png", "-o", "labels.png", *words]) == 2
    error = capsys.readouterr().err
    assert match in error
    assert error.count("\n") == 1
    assert made(here) == []


def test_broken_files_are_one_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("text.npz").write_text("text")
    np.savez("other.npz", a=np.zeros(3))
    for name, match in (
        ("text.npz", "not an .npz file"),
        ("other.npz", "not saved by segprior"),
        ("none.npz", "no file none.npz"),
    ):
        assert main(["segment", name, "-o", "out.png"]) == 2
        error = capsys.readouterr().err
        assert match in error
        assert error.count("\n") == 1
    assert not Path("out.png").exists()


def test_what_fails_leaves_no_files(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("l_1.png").mkdir()  # the second of the cuts cannot be written
    assert main(["segment", "photo.png", "-o", "l.png", "--coarseness", "0,1", "--ucm"]) == 2
    assert "l_1.png" in capsys.readouterr().err
    assert made(here) == ["l_1.png"]


def test_a_cut_of_a_file_loads_little(here: Path) -> None:
    run("photo.png", "-o", "labels.png", "--hierarchy", "levels.npz", "-q", *IMAGE)
    words = ["segment", str(here / "levels.npz"), "-o", str(here / "l.png"), "-q"]
    code = (
        f"import sys, segprior.cli; print(segprior.cli.main({words})); "
        "print(*(m for m in ('torch', 'scipy', 'skimage', 'sklearn', 'tifffile', 'tqdm') "
        "if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "0\n\n"
    assert Path("l.png").read_bytes() == Path("labels.png").read_bytes()
