from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segprior.cli import main
from segprior.io.image import as_image
from segprior.methods.foreground.api import foreground
from tests.helpers.commands import QUICK, TINY
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
