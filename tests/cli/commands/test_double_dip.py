from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segprior.cli import main
from tests.helpers.commands import FILES_OF_LAYERS, QUICK_LAYERS
from tests.helpers.folders import names


def grey(path: Path, values: object) -> str:
    Image.fromarray(np.asarray(values, np.uint8)).save(path)
    return str(path)


@pytest.fixture
def photo(tmp_path: Path) -> str:
    picture = np.full((32, 40, 3), 60, np.uint8)
    picture[8:24, 10:30] = (230, 120, 40)
    return grey(tmp_path / "photo.png", picture)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def hinted(out: Path) -> object:
    with Image.open(out / "hint.png") as picture:
        return np.asarray(picture)


def test_a_folder_with_everything(
    photo: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["double-dip", photo, "-o", str(out), *QUICK_LAYERS]) == 0
    assert names(out) == FILES_OF_LAYERS
    assert set(np.unique(np.asarray(hinted(out)))) == {0, 255}
    assert "photo.png" in capsys.readouterr().out
    assert len((out / "curves.csv").read_text().splitlines()) == 5
    assert names(out.parent) == ["out", "photo.png"]


def test_snapshots_become_a_picture(photo: str, out: Path) -> None:
    assert main(["double-dip", photo, "-o", str(out), "--snapshots", "1,3", *QUICK_LAYERS]) == 0
    assert names(out) == sorted([*FILES_OF_LAYERS, "epochs.png"])


def test_a_hint_from_a_file(photo: str, out: Path, tmp_path: Path) -> None:
    values = np.full((16, 20), 128)
    values[6:10, 8:12], values[:2] = 255, 0
    file = grey(tmp_path / "rough.png", values)
    assert main(["double-dip", photo, "-o", str(out), "--hint", file, *QUICK_LAYERS]) == 0
    np.testing.assert_array_equal(hinted(out), values.repeat(2, 0).repeat(2, 1))


def test_scribbles(photo: str, out: Path, tmp_path: Path) -> None:
    strokes = np.full((32, 40, 3), 255)
    strokes[15:17, 12:28], strokes[2:4, 5:35] = (0, 200, 0), (200, 0, 0)
    file = grey(tmp_path / "strokes.png", strokes)
    assert main(["double-dip", photo, "-o", str(out), "--scribbles", file, *QUICK_LAYERS]) == 0
    expected = np.full((32, 40), 128)
    expected[15:17, 12:28], expected[2:4, 5:35] = 255, 0
    np.testing.assert_array_equal(hinted(out), expected)


def test_scribbles_on_the_image(photo: str, out: Path, tmp_path: Path) -> None:
    picture = np.asarray(Image.open(photo)).copy()
    picture[15:17, 12:28], picture[2:4, 5:35] = (0, 200, 0), (200, 0, 0)
    file = grey(tmp_path / "strokes.png", picture)
    assert main(["double-dip", photo, "-o", str(out), "--scribbles", file, *QUICK_LAYERS]) == 0
    expected = np.full((32, 40), 128)
    expected[15:17, 12:28], expected[2:4, 5:35] = 255, 0
    np.testing.assert_array_equal(hinted(out), expected)


@pytest.mark.filterwarnings("default:.*is ground")
def test_shapes_of_labelme(
    photo: str, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shapes = [
        {"label": "thing", "shape_type": "rectangle", "points": [[12, 10], [28, 20]]},
        {"label": "background", "shape_type": "rectangle", "points": [[0, 0], [40, 4]]},
    ]
    (tmp_path / "photo.json").write_text(json.dumps({"shapes": shapes}))
    words = ["--scribbles", str(tmp_path / "photo.json"), *QUICK_LAYERS]
    assert main(["double-dip", photo, "-o", str(out), *words]) == 0
    expected = np.full((32, 40), 128)
    expected[10:20, 12:28], expected[:4] = 255, 0
    np.testing.assert_array_equal(hinted(out), expected)
    error = capsys.readouterr().err
    assert "photo.json: 'background' is ground, 'thing' is label 1" in error
    assert error.count("\n") == 1


def test_saliency_and_json(photo: str, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--hint", "saliency", "--saliency", "background", "--json"]
    assert main(["double-dip", photo, "-o", str(out), *words, *QUICK_LAYERS]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["settings"]["hint"] == "saliency"
    assert 0 <= facts["foreground"] <= 1
    assert facts["evidence"]["psnr"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--hint", "nowhere.png"], "nowhere.png"),
        (["--scribbles", "nowhere.png"], "nowhere.png"),
        (["--hint", "mask", "--scribbles", "s.png"], "got both --hint and --scribbles"),
        (["--radius", "-2"], "--radius -2"),
        (["--saliency", "deep"], "--saliency 'deep'"),
        (["--preset", "slow"], "no preset 'slow'"),
        (["--frist-iterations", "2"], "--frist-iterations"),
        (["--hint", "FULL"], "marks no background"),
        (["--hint", "EMPTY"], "marks no foreground"),
    ],
)
def test_errors_are_one_line_and_leave_nothing(
    words: list[str], said: str, photo: str, out: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    hints = tmp_path / "hints"
    hints.mkdir()
    full = grey(hints / "full.png", np.full((8, 8), 255))
    empty = grey(hints / "empty.png", np.full((8, 8), 0))
    words = [{"FULL": full, "EMPTY": empty}.get(word, word) for word in words]
    assert main(["double-dip", photo, "-o", str(out), *words]) == 2
    stderr = capsys.readouterr().err
    assert said in stderr
    assert stderr.count("\n") == 1
    assert not out.exists()


def test_one_hint_is_for_one_image(
    photo: str, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(Path(photo).read_bytes())
    assert main(["double-dip", photo, str(other), "-o", str(out), "--hint", photo]) == 2
    assert "hint of one image" in capsys.readouterr().err


def test_the_help_names_what_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["double-dip", "--help"]) == 0
    help_text = capsys.readouterr().out
    for word in (
        "--scribbles",
        "mask|saliency|FILE",
        "fast|published|original",
        "the mask at each",
    ):
        assert word in " ".join(help_text.split())
