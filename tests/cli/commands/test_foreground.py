from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from segprior.cli import main
from segprior.io.image import as_image
from segprior.methods.foreground.api import foreground
from tests.helpers import clicks
from tests.helpers.commands import QUICK, TINY
from tests.helpers.folders import names, pixels
from tests.helpers.things import discs


def test_a_mask_is_0_and_255_at_the_size_of_the_image(photo: Path, tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    assert main(["foreground", str(photo), "-o", str(mask), "--features", "image"]) == 0
    assert pixels(mask).shape == (32, 40)
    assert pixels(mask).dtype == np.uint8
    assert set(np.unique(pixels(mask))) == {0, 255}
    assert names(tmp_path) == ["mask.png", "photo.png"]


def test_the_mask_is_that_of_the_function(photo: Path, tmp_path: Path) -> None:
    mask = tmp_path / "mask.npy"
    assert main(["foreground", str(photo), "-o", str(mask), *TINY, "--seed", "5"]) == 0
    expected = foreground(photo, members=1, iterations=2, working_size=32, rng=5)
    np.testing.assert_array_equal(np.load(mask), expected.labels)


def test_extras_lie_beside_the_mask(photo: Path, tmp_path: Path) -> None:
    extras = ["--overlay", "--cutout", "hard", "--confidence", "--save-prior", "--snapshots", "1,2"]
    assert main(["foreground", str(photo), "-o", str(tmp_path / "m.png"), *extras, *TINY]) == 0
    assert names(tmp_path) == [
        "m.png",
        "m_confidence.png",
        "m_cutout.png",
        "m_epochs.png",
        "m_overlay.png",
        "m_prior.png",
        "photo.png",
    ]
    mask, cutout = pixels(tmp_path / "m.png"), pixels(tmp_path / "m_cutout.png")
    assert pixels(tmp_path / "m_overlay.png").shape == (32, 40, 3)
    assert pixels(tmp_path / "m_prior.png").shape == (32, 40, 3)
    assert pixels(tmp_path / "m_confidence.png").shape == (32, 40)
    np.testing.assert_array_equal(cutout[..., 3], mask)
    np.testing.assert_array_equal(cutout[mask == 255][:, :3], pixels(photo)[mask == 255])
    assert pixels(tmp_path / "m_epochs.png").shape[1] > 2 * 40


def test_the_edges_of_a_cutout(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def cut(*words: str) -> Any:
        out = tmp_path / "out"
        assert main(["foreground", *words, "-o", f"{out}/", *QUICK]) == 0
        return pixels(out / "photo_cutout.png")

    hard = cut(str(photo), "--cutout", "hard")
    assert set(np.unique(hard[..., 3])) == {0, 255}
    soft = cut("--cutout", str(photo))  # the name is not taken for its value
    np.testing.assert_array_equal(soft, segprior_cutout(photo))
    np.testing.assert_array_equal(cut(str(photo), "--cutout=soft"), soft)
    capsys.readouterr()
    assert main(["foreground", str(photo), "-o", "x.png", "--cutout=round"]) == 2
    assert "soft" in capsys.readouterr().err


def segprior_cutout(photo: Path) -> Any:
    return foreground(photo, features="image").cutout(photo)


def test_extras_do_not_change_the_mask(photo: Path, tmp_path: Path) -> None:
    common = ["foreground", str(photo), *TINY]
    assert main([*common, "-o", str(tmp_path / "a.png")]) == 0
    assert main([*common, "-o", str(tmp_path / "b.png"), "--save-prior", "--snapshots", "1"]) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.fixture
def things(tmp_path: Path) -> Path:
    path = tmp_path / "things.png"
    Image.fromarray(np.rint(255 * discs()[0]).astype(np.uint8)).save(path)
    return path


THINGS = ("--instances", "--reading", "things")


def test_things_one_by_one(things: Path, tmp_path: Path) -> None:
    extras = ["--table", "--overlay", "--cutout=hard"]
    assert main(["foreground", str(things), "-o", str(tmp_path / "t.png"), *THINGS, *extras]) == 0
    labels = pixels(tmp_path / "t.png")
    expected = foreground(things, instances=True, reading="things")
    np.testing.assert_array_equal(labels, expected.labels)
    with (tmp_path / "t_table.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["label"]) for row in rows] == list(range(1, 8))
    assert int(rows[0]["area"]) == np.count_nonzero(labels == 1)
    assert "intensity_mean-2" in rows[0]
    cutout = pixels(tmp_path / "t_cutout.png")
    np.testing.assert_array_equal(cutout[..., 3] > 0, labels > 0)


def test_things_are_counted_in_the_report(
    things: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["foreground", str(things), "-o", str(tmp_path / "t.png"), *THINGS]
    assert main(words) == 0
    assert ", 7 things, " in capsys.readouterr().out
    assert main([*words, "--json", "--diameter", "20"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["instances"] == 7
    assert told["evidence"]["diameter"] == 20
    assert told["settings"]["diameter"] == 20


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        (
            "geojson",
            lambda found: [(one["id"], one["properties"]["name"]) for one in found["features"]],
        ),
        (
            "coco",
            lambda found: [
                (one["id"], found["categories"][one["category_id"] - 1]["name"])
                for one in found["annotations"]
            ],
        ),
        ("labelme", lambda found: [(one["group_id"], one["label"]) for one in found["shapes"]]),
    ],
)
def test_each_thing_has_an_entry(
    things: Path, tmp_path: Path, name: str, entries: Callable[[Any], list[tuple[int, str]]]
) -> None:
    output = tmp_path / "t.json"
    assert main(["foreground", str(things), "-o", str(output), *THINGS, "--format", name]) == 0
    found = entries(json.loads(output.read_text(encoding="utf-8")))
    assert found == [(number, "thing") for number in range(1, 8)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--diameter", "9"], "got --diameter 9.0, which says how large things are; pass --inst"),
        (["--instances", "--diameter", "0"], "got --diameter 0.0; pass a number above 0"),
        (["--instances", "--diameter", "wide"], "--diameter: got 'wide'"),
    ],
)
def test_wrong_words_about_things_are_one_line(
    things: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(["foreground", str(things), "-o", str(tmp_path / "t.tif"), *words]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert names(tmp_path) == ["things.png"]


def test_things_are_not_told_in_tiles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "things.tif"
    tifffile.imwrite(source, np.rint(255 * discs()[0]).astype(np.uint8), tile=(64, 64))
    words = ["foreground", str(source), "-o", str(tmp_path / "t.tif"), "--tiles", "--instances"]
    assert main(words) == 2
    err = capsys.readouterr().err
    assert "got --instances, which needs the mask in one piece; leave it out" in err
    assert err.count("\n") == 1
    assert names(tmp_path) == ["things.tif"]


def test_a_prior_of_many_bands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "bands.npy"
    np.save(source, np.random.default_rng(0).random((16, 24, 5), np.float32))
    extras = ["--save-prior", "--overlay", "--cutout", "--snapshots", "1"]
    assert main(["foreground", str(source), "-o", str(tmp_path / "m.png"), *extras, *TINY]) == 0
    assert pixels(tmp_path / "m_prior.png").shape == (16, 24, 3)
    assert main(["prior", str(source), "-o", str(tmp_path / "p.tif"), *TINY]) == 0
    assert as_image(tmp_path / "p.tif").shape == (16, 24, 5)
    monkeypatch.setattr(
        "segprior.prior.prior.fit_prior", lambda *_, **__: pytest.fail("was fitted")
    )
    capsys.readouterr()
    assert main(["prior", str(source), "-o", str(tmp_path / "p.png"), *TINY]) == 2
    assert "cannot save 5 channels" in capsys.readouterr().err


def clicked(tmp_path: Path) -> Path:
    """A picture of two discs, in ``tmp_path``."""
    path = tmp_path / "discs.png"
    Image.fromarray(np.rint(clicks.discs() * 255).astype(np.uint8)).save(path)
    return path


def test_clicks_a_box_and_scribbles(tmp_path: Path) -> None:
    photo, mask = clicked(tmp_path), tmp_path / "mask.png"
    (tmp_path / "marks.csv").write_text("20,18,1\n34,46,0\n")
    start = ["foreground", str(photo), "-o", str(mask)]
    for given in (
        ["--click", "20,18"],
        ["--click", "20,18", "--click", "34,46,0", "--click", "2,60,0"],
        ["--box", "7,5,33,31"],
        ["--scribbles", str(tmp_path / "marks.csv")],
        ["--scribbles", str(tmp_path / "marks.csv"), "--click", "2,60,0", "--box", "4,4,50,60"],
    ):
        assert main([*start, *given]) == 0
        assert ((pixels(mask) > 0) != (clicks.truth() == 1)).mean() < 0.03
        mask.unlink()


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (["--click", "20"], "got '20'; pass row,column"),
        (["--click", "1,2,3,4"], "pass row,column"),
        (["--click", "a,b"], "pass row,column"),
        (["--click", "99,3"], "row 99, column 3 of an image of 52 x 64 pixels"),
        (["--click", "3,4", "--click", "3,4,0"], "row 3, column 4 is marked 0 and 1; mark it once"),
        (["--click", "3,4,0"], "only ground is marked"),
        (["--box", "5,5,5,9"], "--box (5, 5, 5, 9), which is empty"),
        (["--box", "5,5,9"], "pass top,left,bottom,right"),
        (["--scribbles", "missing.png"], "missing.png"),
        (["--click", "3,4", "--save-prior"], "--click needs no prior"),
        (["--click", "3,4", "--tiles"], "--click needs the image in one piece"),
        (["--click", "3,4", "discs.png", "discs.png"], "--click belongs to one image"),
    ],
)
def test_mistakes_in_marks_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], match: str
) -> None:
    photo = clicked(tmp_path)
    assert main(["foreground", str(photo), "-o", str(tmp_path / "out.png"), *given]) == 2
    error = capsys.readouterr().err
    assert match in error
    assert error.count("\n") == 1
    assert names(tmp_path) == ["discs.png"]
