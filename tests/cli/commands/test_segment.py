from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segprior.cli import main
from segprior.cli.arguments.options import options_of
from segprior.image.palette import palette
from segprior.image.pyramid import Pyramid
from segprior.io.label_maps import read_labels
from segprior.methods.multiclass.api import find_classes, segment
from segprior.methods.multiclass.config import SegmentConfig
from segprior.prior.prior import fit_prior
from tests.helpers.folders import names, pixels

QUICK = ("--preset", "backprop", "--superpixels", "image", "--channels", "16", "--iterations", "5")
OPTIONS: dict[str, Any] = {
    "preset": "backprop", "superpixels": "image", "channels": 16, "iterations": 5,
}  # fmt: skip
TINY = ("--preset", "backprop", "--members", "1", "--channels", "16", "--iterations", "3")


def picture(path: Path, rows: int = 32, columns: int = 40) -> Path:
    values = np.random.default_rng(0).integers(50, 70, (rows, columns, 3)).astype(np.uint8)
    values[rows // 4 : -rows // 4, columns // 4 : -columns // 4] = (230, 120, 40)
    Image.fromarray(values).save(path)
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return picture(tmp_path / "photo.png")


def run(photo: Path, *options: str) -> int:
    return main(["segment", str(photo), "-o", str(photo.parent / "out.png"), *options])


def test_labels_are_an_indexed_picture_and_those_of_the_function(photo: Path) -> None:
    assert run(photo, *QUICK, "--seed", "4") == 0
    out = photo.parent / "out.png"
    expected = segment(photo, rng=4, **OPTIONS)
    np.testing.assert_array_equal(read_labels(out), expected.labels)
    with Image.open(out) as image:
        assert image.mode == "P"
        colours = np.array(image.getpalette()).reshape(-1, 3)
    np.testing.assert_array_equal(colours[1:4], palette()[1:4])


def test_extras_lie_beside_the_labels(photo: Path) -> None:
    wanted = ("--overlay", "--boundaries", "--confidence", "--save-prior")
    assert run(photo, *TINY, *wanted) == 0
    assert names(photo.parent) == [
        "out.png", "out_boundaries.png", "out_confidence.png", "out_overlay.png",
        "out_prior.png", "photo.png",
    ]  # fmt: skip
    drawn = pixels(photo.parent / "out_boundaries.png")
    changed = (drawn != pixels(photo)).any(-1)
    assert 0 < changed.mean() < 1
    assert (drawn[changed] == 255).all()
    plain = read_labels(photo.parent / "out.png")
    assert run(photo, *TINY) == 0
    np.testing.assert_array_equal(read_labels(photo.parent / "out.png"), plain)


def test_a_folder_becomes_a_folder_and_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    for name in ("one.png", "two.png"):
        picture(tmp_path / "in" / name)
    command = ["segment", str(tmp_path / "in"), "-o", str(tmp_path / "out"), *QUICK, "--json"]
    assert main(command) == 0
    assert names(tmp_path / "out") == ["one.png", "two.png"]
    facts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for fact in facts:
        labels = read_labels(fact["output"])
        assert fact["labels"] == len(np.unique(labels)) == labels.max()
        assert len(fact["curves"]["loss"]) == len(fact["curves"]["labels"]) == 5
        assert fact["settings"]["channels"] == 16


def test_people_read_the_number_of_labels(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(photo, *QUICK, "--classes", "4") == 0
    assert "(4 labels, confidence 0." in capsys.readouterr().out


def test_a_saved_prior_gives_the_same_labels(photo: Path) -> None:
    assert run(photo, *TINY) == 0
    plain = read_labels(photo.parent / "out.png")
    saved = fit_prior(photo, members=1).save(photo.parent / "prior.npz")
    options = (*TINY[:2], *TINY[4:], "--prior", str(saved))
    assert run(photo, *options) == 0
    np.testing.assert_array_equal(read_labels(photo.parent / "out.png"), plain)


def test_presets_of_the_prior(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def note(image: Pyramid, config: SegmentConfig, **options: Any) -> Any:
        seen.update(options, config=config)
        preset, *names = OPTIONS
        quick = {name: OPTIONS[name] for name in names}
        return find_classes(image, SegmentConfig.preset(OPTIONS[preset], **quick))

    monkeypatch.setattr("segprior.methods.multiclass.api.find_classes", note)
    preset = ("--preset", "backprop", "--prior-preset", "published")
    assert run(photo, *preset, "--members", "2", "--iterations", "9") == 0
    config = seen["config"]
    assert (config.prior.members, config.prior.iterations, config.iterations) == (2, 50, 9)
    assert run(photo, "--preset", "published") == 0
    assert seen["config"] == SegmentConfig.preset("published")


def test_the_default_is_a_hierarchy(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(photo, "--edges", "image", "--coarseness", "0.2", "--json", "--boundaries") == 0
    fact = json.loads(capsys.readouterr().out)
    expected = segment(photo, edges="image", coarseness=0.2)
    np.testing.assert_array_equal(read_labels(photo.parent / "out.png"), expected.labels)
    assert fact["labels"] == expected.n_labels
    assert fact["settings"]["coarseness"] == 0.2
    assert fact["evidence"] == expected.evidence
    assert run(photo, "--members", "1", "--classes", "3", "--save-prior") == 0
    assert len(np.unique(read_labels(photo.parent / "out.png"))) == 3
    assert (photo.parent / "out_prior.png").exists()


def test_a_saved_prior_with_hidden_features_gives_the_same_hierarchy(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(photo, "--members", "1", "--edges", "prior") == 0
    plain = read_labels(photo.parent / "out.png")
    saved = photo.parent / "prior.npz"
    command = ["prior", str(photo), "-o", str(saved), "--members", "1", "--iterations", "50"]
    assert main([*command, "--working-size", "320"]) == 0
    assert run(photo, "--prior", str(saved)) == 2
    assert "segprior prior --features up2:50,up3:50" in capsys.readouterr().err
    assert main([*command, "--working-size", "320", "--features", "up2:50,up3:50"]) == 0
    assert run(photo, "--prior", str(saved)) == 0
    np.testing.assert_array_equal(read_labels(photo.parent / "out.png"), plain)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (
            ["--iterations", "5"],
            "--iterations 5 with --method 'hierarchy', which trains no network",
        ),
        (["--coarseness", "2"], "got --coarseness 2.0; pass a number from 0 to 1"),
        (["--coarseness", "-0.1"], "got --coarseness -0.1; pass a number from 0 to 1"),
        (["--edges", "image", "--prior", "x.npz"], "--prior has no use with --method hierarchy"),
        (["--scribbles", "x.png"], "x.png"),
        (["--method", "mean-shift", "--scribbles", "photo.png"], "leave --method out"),
        (["--edges", "image", "--classes", "9999"], "regions, not the 9999 classes asked for"),
    ],
)
def test_mistakes_with_a_hierarchy(
    photo: Path, capsys: pytest.CaptureFixture[str], options: list[str], match: str
) -> None:
    assert run(photo, *options) == 2
    assert match in capsys.readouterr().err
    assert names(photo.parent) == ["photo.png"]


def test_scribbles_from_a_file(photo: Path) -> None:
    marks = photo.parent / "marks.csv"
    marks.write_text("16,20,5\n2,2,3\n")
    assert run(photo, *QUICK, "--classes", "2", "--scribbles", str(marks)) == 0
    assert set(np.unique(read_labels(photo.parent / "out.png"))) == {3, 5}


@pytest.mark.filterwarnings("default:.*ground is")
@pytest.mark.filterwarnings("default:.*is ground")
def test_marks_of_napari_with_ground(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    marks = photo.parent / "points.csv"
    marks.write_text("index,axis-0,axis-1,label\n0.0,16.2,19.8,5\n1.0,2.0,2.4,bg\n")
    assert run(photo, *QUICK, "--classes", "2", "--scribbles", str(marks)) == 0
    found = read_labels(photo.parent / "out.png")
    assert (found[16, 20], found[2, 2]) == (5, 1)
    assert "points.csv: ground is label 1" in capsys.readouterr().err


def test_marks_that_cannot_be_read(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    marks = photo.parent / "marks.csv"
    marks.write_text("a,b,c\n1,2,3\n")
    assert run(photo, *QUICK, "--scribbles", str(marks)) == 2
    error = capsys.readouterr().err
    assert "marks.csv: columns a, b, c, none of them row" in error
    assert error.count("\n") == 1
    assert names(photo.parent) == ["marks.csv", "photo.png"]


def test_a_live_view(photo: Path) -> None:
    pytest.importorskip("tensorboard", reason="the extra tensorboard is not installed")
    assert run(photo, *QUICK, "--tensorboard", str(photo.parent / "runs")) == 0
    assert names(photo.parent / "runs") == ["photo"]
    assert len(names(photo.parent / "runs" / "photo")) == 1


def test_a_missing_extra_is_one_line(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert run(photo, *QUICK, "--tensorboard", "runs") == 2
    assert 'pip install "segprior[tensorboard]"' in capsys.readouterr().err
    assert names(photo.parent) == ["photo.png"]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--classes", "0"], "got --classes 0"),
        (["--classes", "three"], "got 'three'; pass a whole number or 'none'"),
        (["--method", "magic"], "got --method 'magic'"),
        (["--max-classes", "2"], "--max-classes 2 below --min-classes 3"),
        (["--coarseness", "0.2"], "got --coarseness 0.2 with --method 'backprop'"),
        (["--prior", "x.npz", "--method", "dynamic"], "--prior has no use with --method dynamic"),
        (["--prior", "x.npz", "--prior-preset", "fast"], "--prior-preset has no use"),
        (["--prior", "missing.npz"], "missing.npz"),
        (["--prior-preset", "fats"], "no preset 'fats'"),
        (["--scribbles", "missing.png"], "missing.png"),
        (["--classes", "100", "--working-size", "16"], "classes, not the 100 asked for"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    photo: Path, capsys: pytest.CaptureFixture[str], options: list[str], match: str
) -> None:
    quick = () if "100" in options else ("--channels", "16")
    assert run(photo, "--preset", "backprop", "--iterations", "2", *quick, *options) == 2
    error = capsys.readouterr().err
    assert match in error
    assert "Traceback" not in error
    assert names(photo.parent) == ["photo.png"]


def test_several_images_and_one_scribble(tmp_path: Path, photo: Path) -> None:
    other = picture(tmp_path / "other.png")
    command = ["segment", str(photo), str(other), "-o", str(tmp_path / "out")]
    assert main([*command, *QUICK, "--scribbles", "marks.png"]) == 2
    assert not (tmp_path / "out").exists()


def test_help_tells_of_every_field(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["segment", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for option in options_of(SegmentConfig):
        assert option.flag in text
        assert option.help in text
        assert len(option.help) > 20
    assert "[fast: 480, backprop: 160, published: full]" in text
    assert "--classes N|none" in text


def test_many_bands_in_and_out(tmp_path: Path) -> None:
    stack = np.random.default_rng(0).random((24, 24, 7), np.float32)
    np.save(tmp_path / "field.npy", stack)
    assert main(["segment", str(tmp_path / "field.npy"), "-o", str(tmp_path / "o.tif"), *TINY]) == 0
    expected = segment(stack, preset="backprop", members=1, channels=16, iterations=3)
    np.testing.assert_array_equal(read_labels(tmp_path / "o.tif"), expected.labels)
