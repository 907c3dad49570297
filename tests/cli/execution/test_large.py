from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from segprior.cli import main
from segprior.io.label_maps import read_labels
from tests.helpers.scenes import textured


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, textured(), photometric="rgb", tile=(32, 32), compression="zlib")
    return path


QUICK = ["--preset", "dsp", "--features", "image"]


def test_the_command_line_works_in_tiles_if_asked_or_above_the_limit(
    picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(picture.with_name("mask.tif"))
    for words, tiled in (
        (["--tiles"], True),
        (["--scale", "0.5", "--memory", "2G"], True),
        (["--max-pixels", "10000"], True),
        ([], False),
    ):
        assert main(["foreground", str(picture), "-o", output, "--json", *QUICK, *words]) == 0
        line = json.loads(capsys.readouterr().out)
        assert ("tiles" in line) is tiled
        assert line["foreground"] == pytest.approx(read_labels(output).mean())


def test_the_command_line_reads_and_writes_zarr(
    picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zarr = pytest.importorskip("zarr")
    source, output = picture.with_name("in.zarr"), picture.with_name("out.zarr")
    array = textured()
    zarr.create_array(str(source), shape=array.shape, dtype=array.dtype)[:] = array
    for words in (["--tiles"], [], []):
        assert main(["foreground", str(source), "-o", str(output), *QUICK, *words]) == 0
        assert 0.2 < np.asarray(zarr.open(str(output), mode="r")[:]).mean() < 0.4
    assert "foreground" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--memory", "lots"], "--memory"),
        (["--memory", "10M"], "--memory 10M"),
        (["--scale", "2"], "--scale 2"),
        (["--tile-size", "10"], "--tile-size 10"),
        (["--tiles", "--overlay"], "--overlay needs the image in one piece"),
        (["--tiles", "--snapshots", "5"], "--snapshots needs the image in one piece"),
        (["--max-pixels", "10000", "--table"], "--table needs the image in one piece"),
        (["--tiles", "--fill-holes"], "--fill-holes"),
        (["--format", "zarr", "-o", "-"], "NAME.zarr"),
    ],
)
def test_wrong_usage_is_one_line(
    picture: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = ["-o", str(picture.with_name("mask.tif"))]
    assert main(["foreground", str(picture), *output, "--preset", "dsp", *words]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert (out, err.count("\n")) == ("", 1)
    assert [path.name for path in picture.parent.iterdir()] == ["image.tif"]


def test_what_has_no_windows_is_refused_with_tiles(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "image.npy", textured())
    for name in ("image.npy", "none.tif"):
        words = [str(tmp_path / name), "-o", str(tmp_path / "mask.tif"), "--tiles"]
        assert main(["foreground", "--preset", "dsp", *words]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert "save it as a tiled TIFF or as Zarr" in errors[0]
    assert "no file" in errors[1]
