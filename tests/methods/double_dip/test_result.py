from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segprior.config.double_dip import DoubleDipConfig
from segprior.errors import ConfigError, OutputError
from segprior.methods.double_dip.hints import as_hint
from segprior.methods.double_dip.result import DoubleDip, curves_csv, draw_curves

FILES = {
    "background.png", "composed.png", "curves.csv", "curves.png", "foreground.png", "hint.png",
    "mask.png", "overlay.png", "soft_mask.png",
}  # fmt: skip


def made(channels: int = 3, *, snapshots: bool = False) -> DoubleDip:
    rng = np.random.default_rng(0)
    soft = rng.random((24, 32)).astype(np.float32)
    names = ("iteration", "loss", "foreground", "background", "mask", "composed", "psnr")
    small = {
        name: rng.random((12, 16, channels)).astype(np.float32)
        for name in ("foreground", "background", "composed")
    }
    small["mask"] = rng.random((12, 16)).astype(np.float32)
    return DoubleDip(
        image=rng.random((24, 32, channels)).astype(np.float32),
        mask=(soft > 0.5).astype(np.uint8),
        soft_mask=soft,
        fitted=small,
        hint=rng.integers(-1, 2, (24, 32)).astype(np.int8),
        curves={"step": np.array([1.0, 1, 2]), **{name: rng.random(3) for name in names}},
        snapshots={2: small} if snapshots else {},
        step=2,
        psnr=21.5,
        config=DoubleDipConfig(),
        seed=7,
        seconds=1.0,
    )


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_everything_is_saved(channels: int, tmp_path: Path) -> None:
    found = made(channels)
    folder = found.save(tmp_path / "out")
    assert {path.name for path in folder.iterdir()} == FILES
    assert {path.name for path in tmp_path.iterdir()} == {"out"}
    for name in FILES - {"curves.csv", "curves.png"}:
        with Image.open(folder / name) as picture:
            assert picture.size == (32, 24)
    with Image.open(folder / "mask.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), found.mask * 255)
    np.testing.assert_array_equal(as_hint(folder / "hint.png"), found.hint)


def test_saving_again_keeps_other_files(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    made(snapshots=True).save(tmp_path)
    made(snapshots=True).save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == FILES | {"notes.txt", "epochs.png"}


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        made().save(tmp_path / "file")
    with pytest.raises(OutputError):
        made().save(tmp_path / "none" / "out")


def test_the_curves_can_be_read_back() -> None:
    found = made()
    rows = list(csv.DictReader(io.StringIO(curves_csv(found.curves))))
    assert list(rows[0]) == list(found.curves)
    assert [float(row["psnr"]) for row in rows] == pytest.approx(found.curves["psnr"], rel=1e-5)


def test_the_curves_are_drawn() -> None:
    with Image.open(io.BytesIO(draw_curves(made().curves))) as picture:
        assert picture.size == (840, 720)
        assert len(np.unique(np.asarray(picture.convert("L")))) > 10


def test_without_matplotlib_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigError, match=r'pip install "segprior\[plots\]"'):
        made().save(tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_layers_come_at_the_size_of_the_image() -> None:
    found = made()
    for layer in (found.foreground, found.background, found.composed):
        assert layer.shape == (24, 32, 3)


def test_the_segmentation_is_a_mask_with_confidence() -> None:
    found = made()
    mask = found.segmentation
    np.testing.assert_array_equal(mask.labels, found.mask)
    np.testing.assert_allclose(mask.confidence, np.abs(2 * found.soft_mask - 1))
    assert mask.score == pytest.approx(mask.confidence.mean(), rel=1e-5)
    assert mask.kind == "mask"
    assert mask.evidence["psnr"] == 21.5
    assert mask.evidence["hint_foreground"] == pytest.approx((found.hint > 0).mean())
    assert mask.seed == 7


def test_it_says_what_it_is() -> None:
    text = repr(made())
    assert "24 x 32" in text
    assert "21.5 dB after step 2" in text
    assert made()._repr_png_().startswith(b"\x89PNG")
