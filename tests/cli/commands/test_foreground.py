from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segprior.cli import main
from segprior.io.image import as_image
from segprior.methods.foreground.api import foreground
from tests.helpers.clicks import discs, truth
from tests.helpers.commands import TINY
from tests.helpers.folders import names, pixels


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
    extras = ["--overlay", "--cutout", "--confidence", "--save-prior", "--snapshots", "1,2"]
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


def test_extras_do_not_change_the_mask(photo: Path, tmp_path: Path) -> None:
    common = ["foreground", str(photo), *TINY]
    assert main([*common, "-o", str(tmp_path / "a.png")]) == 0
    assert main([*common, "-o", str(tmp_path / "b.png"), "--save-prior", "--snapshots", "1"]) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


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
    Image.fromarray(np.rint(discs() * 255).astype(np.uint8)).save(path)
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
        assert ((pixels(mask) > 0) != (truth() == 1)).mean() < 0.03
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
