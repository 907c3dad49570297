from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segprior.cli import main
from segprior.io.label_maps import read_labels
from segprior.prior.prior import fit_prior
from tests.helpers.commands import QUICK, TINY
from tests.helpers.label_maps import from_geojson


def test_extras_of_the_prior_with_features_of_the_image(photo: Path, tmp_path: Path) -> None:
    mask = tmp_path / "m.png"
    command = ["foreground", str(photo), "-o", str(mask), "--save-prior", *TINY, *QUICK]
    assert main(command) == 0
    assert (tmp_path / "m_prior.png").exists()


@pytest.mark.parametrize("options", [(), ("--preset", "dsp")], ids=["default", "dsp"])
def test_a_saved_prior_gives_the_same_mask(
    photo: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    saved = str(tmp_path / "p.npz")
    assert main(["prior", str(photo), "-o", saved, *TINY, "--snapshots", "1"]) == 0
    fitting = ["--features", "prior", *TINY, *options]
    assert main(["foreground", str(photo), "-o", str(tmp_path / "a.png"), *fitting]) == 0
    command = ["foreground", str(photo), "-o", str(tmp_path / "b.png"), "--prior", saved]
    assert main([*command, "--snapshots", "1", *options]) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "b_epochs.png").exists()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--members", "3"], "--members says how a prior is fitted"),
        (["--features", "image"], "--prior has no use"),
        (["--snapshots", "2"], "holds no snapshot of iteration 2"),
        (["extra.png"], "prior of one image"),
    ],
)
def test_what_does_not_go_with_a_saved_prior(
    photo: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    match: str,
) -> None:
    saved = fit_prior(photo, members=1, iterations=2, working_size=32).save(tmp_path / "p.npz")
    command = ["foreground", str(photo), "-o", str(tmp_path / "m.png"), "--prior", str(saved)]
    assert main([*command, *options]) == 2
    assert match in capsys.readouterr().err


class TestFormats:
    @pytest.fixture
    def photo(self, tmp_path: Path) -> Path:
        values = np.full((32, 40, 3), 60, np.uint8)
        values[8:24, 10:30] = (230, 120, 40)
        folder = tmp_path / "photos"
        folder.mkdir()
        Image.fromarray(values).save(folder / "photo.png")
        return folder / "photo.png"

    def run(self, photo: Path, out: Path | str, *options: str) -> int:
        return main(["foreground", str(photo), "-o", str(out), *QUICK, *options])

    def test_geojson(self, photo: Path, tmp_path: Path) -> None:
        assert self.run(photo, tmp_path / "mask.png") == 0
        assert self.run(photo, tmp_path / "mask.geojson") == 0
        content = json.loads((tmp_path / "mask.geojson").read_text("utf-8"))
        np.testing.assert_array_equal(from_geojson(content), read_labels(tmp_path / "mask.png"))

    def test_labelme_names_the_image(self, photo: Path, tmp_path: Path) -> None:
        assert self.run(photo, tmp_path / "mask.json", "--format", "labelme") == 0
        content = json.loads((tmp_path / "mask.json").read_text("utf-8"))
        assert content["imagePath"] == "photos/photo.png"

    def test_folder(self, photo: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        assert self.run(photo.parent, f"{out}/", "--format", "ome-tiff", "--table") == 0
        assert sorted(path.name for path in out.iterdir()) == ["photo.ome.tif", "photo_table.csv"]

    def test_beside_an_ome_tiff(self, photo: Path, tmp_path: Path) -> None:
        assert self.run(photo, tmp_path / "mask.ome.tif", "--table", "--overlay") == 0
        assert (tmp_path / "mask_table.csv").exists()
        assert (tmp_path / "mask_overlay.png").exists()

    def test_table_has_colours(self, photo: Path, tmp_path: Path) -> None:
        options = ["--preset", "backprop", "--superpixels", "image", "--channels", "16"]
        options += ["--iterations", "5", "--table"]
        assert main(["segment", str(photo), "-o", str(tmp_path / "a.png"), *options]) == 0
        with (tmp_path / "a_table.csv").open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        labels = read_labels(tmp_path / "a.png")
        assert [int(row["label"]) for row in rows] == np.unique(labels).tolist()
        red = np.asarray(Image.open(photo))[..., 0] / 255
        for row in rows:
            inside = labels == int(row["label"])
            assert float(row["mean_0"]) == pytest.approx(red[inside].mean(), rel=1e-4)

    def test_standard_output(self, photo: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        assert self.run(photo, "-", "--format", "labelme") == 0
        assert json.loads(capfdbinary.readouterr().out)["imagePath"] == "photo.png"

    @pytest.mark.parametrize(
        ("out", "options", "reason"),
        [
            ("a.json", (), "add --format coco, geojson or labelme"),
            ("a.png", ("--format", "coco"), "end it in one of .json"),
            ("a.json", ("--format", "yolo"), "got --format yolo; choose coco"),
        ],
    )
    def test_refused_before_the_work(
        self,
        out: str,
        options: tuple[str, ...],
        reason: str,
        photo: Path,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert self.run(photo, tmp_path / out, *options) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert reason in line
        assert sorted(path.name for path in tmp_path.iterdir()) == ["photos"]
