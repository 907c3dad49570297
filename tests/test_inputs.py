"""Inputs that went wrong once, from the file to the result, by the commands and in Python.

The first part makes small inputs of its own; the second runs on those of ``../shared/cases`` where
they lie beside the project.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

import segprior
from segprior.cli import main
from segprior.errors import InputWarning

# As outside of tests, where a warning ends no command.
pytestmark = pytest.mark.filterwarnings("always::segprior.errors.InputWarning")

SHARED = Path(__file__).parents[2] / "shared" / "cases" / "make.py"
Y, X = np.mgrid[:72, :96]
TRUTH = ((Y - 33) / 19) ** 2 + ((X - 52) / 25) ** 2 <= 1
GAP = (Y > 54) & (X > 64)


def plane(ground: float, thing: float, *, seed: int = 0) -> NDArray[np.float64]:
    noise: NDArray[np.float64] = np.random.default_rng(seed).standard_normal(TRUTH.shape)
    noise *= abs(thing - ground) / 50
    noise += np.where(TRUTH, thing, ground)
    return noise


def iou(found: Any, truth: NDArray[np.bool_] = TRUTH) -> float:
    mask = np.asarray(found) > 0
    return float((mask & truth).sum() / (mask | truth).sum())


def ran(*words: object, told: str | None = None, code: int = 0, capsys: Any) -> list[str]:
    """Run a command; return the lines on standard error, which hold what is to be told."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == code
    lines: list[str] = capsys.readouterr().err.splitlines()
    # That planes are empty is said beside what was guessed of their values.
    assert len([line for line in lines if "nothing found" not in line]) <= 1, lines
    assert (told or "") in "".join(lines)
    return lines


def covering(one: NDArray[Any], other: NDArray[Any]) -> float:
    total = 0.0
    for label in np.unique(other):
        here = other == label
        names, counts = np.unique(one[here], return_counts=True)
        total += here.sum() * max(
            count / ((one == name).sum() + here.sum() - count)
            for name, count in zip(names, counts, strict=True)
        )
    return float(total / other.size)


def tagged(path: Path, values: NDArray[Any], nodata: str, **options: Any) -> Path:
    tags = [
        (42113, 2, 0, nodata, True),
        (33550, 12, 3, (10.0, 10.0, 0.0), True),
        (33922, 12, 6, (0.0, 0.0, 0.0, 5e5, 46e5, 0.0), True),
    ]
    tifffile.imwrite(path, values, photometric="minisblack", extratags=tags, **options)
    return path


class TestRange:
    """One picture at any gain and offset."""

    @pytest.fixture
    def picture(self) -> NDArray[np.float64]:
        y, x = np.mgrid[:96, :128]
        picture = 0.1 + 0.1 * np.sin(x / 9)
        picture[(y - 50) ** 2 + (x - 70) ** 2 < 900] = 0.8
        picture[20:40, 10:50] = 0.45
        picture += 0.02 * np.random.default_rng(4).standard_normal(picture.shape)
        picture[0, 0], picture[0, 1] = 0, 1
        np.clip(picture, 0, 1, out=picture)
        made: NDArray[np.float64] = picture
        return made

    @pytest.mark.parametrize(
        "made",
        [
            lambda picture: np.rint(picture * 65535).astype(np.uint16),
            lambda picture: np.rint(picture * 65535 * 0.05).astype(np.uint16),
            lambda picture: np.rint(picture * 65535 * 0.05 + 1000).astype(np.uint16),
            lambda picture: np.rint(picture * 65535 * 0.05 - 1000).astype(np.int16),
            lambda picture: picture.astype(np.float32),
            lambda picture: (picture * 0.05).astype(np.float32),
            lambda picture: picture * 0.05 + 1000,
            lambda picture: np.rint(picture * 2**30).astype(np.uint32),
        ],
    )
    def test_gives_the_same_labels(self, made: Any, picture: NDArray[np.float64]) -> None:
        plain = np.rint(picture * 255).astype(np.uint8)
        other = made(picture)
        mask, same = segprior.foreground(plain), segprior.foreground(other)
        assert mask.foreground > 0.1
        assert iou(same.labels, mask.labels > 0) >= 0.98
        parts, alike = segprior.segment(plain), segprior.segment(other)
        assert covering(alike.labels, parts.labels) >= 0.97

    def test_what_is_dim_is_seen_and_shown(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Image.fromarray(np.rint(plane(500, 2600)).astype(np.uint16)).save(tmp_path / "a.png")
        for command in ("foreground", "segment"):
            ran(command, tmp_path / "a.png", "-o", tmp_path / "m.png", "--overlay", capsys=capsys,
                told="taken as 0 to 1; --value-range decides")  # fmt: skip
            shown = np.asarray(Image.open(tmp_path / "m_overlay.png")).astype(float)
            assert shown[TRUTH].mean() - shown[~TRUTH].mean() > 60
        ran("foreground", tmp_path / "a.png", "-o", tmp_path / "m.png", "--value-range", "full",
            "--overlay", capsys=capsys, told="")  # fmt: skip
        shown = np.asarray(Image.open(tmp_path / "m_overlay.png")).astype(float)
        assert shown.max() - shown.min() > 60

    def test_in_tiles(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        tifffile.imwrite(tmp_path / "a.tif", np.rint(plane(500, 2600)).astype(np.uint16))
        for command in ("foreground", "segment"):
            ran(command, tmp_path / "a.tif", "-o", tmp_path / "m.tif", "--tiles", "--scale", "1",
                capsys=capsys, told="taken as 0 to 1; --value-range decides")  # fmt: skip
            labels = tifffile.imread(tmp_path / "m.tif")
            inside = labels if command == "foreground" else labels == labels[33, 52]
            assert iou(inside) > 0.95


NODATA = [
    (np.int16, 300, 500, -32768, "-32768"),
    (np.uint8, 60, 200, 0, "0"),
    (np.uint16, 300, 500, 65535, "65535"),
    (np.float32, 0.3, 0.5, -9999, "-9999"),
    (np.float32, 0.3, 0.5, np.nan, "nan"),
    (np.float64, 300, 500, -1.7976931348623157e308, "-1.7976931348623157e+308"),
]


@pytest.mark.parametrize(("dtype", "ground", "thing", "value", "text"), NODATA)
class TestNoData:
    @pytest.fixture
    def scene(
        self, dtype: Any, ground: float, thing: float, value: float, text: str, tmp_path: Path
    ) -> Path:
        values = plane(ground, thing)
        if np.dtype(dtype).kind in "ui":
            values = np.rint(values)
        return tagged(tmp_path / "a.tif", np.where(GAP, value, values).astype(dtype), text)

    @pytest.mark.parametrize("options", [(), ("--tiles", "--scale", "1")])
    def test_masks_and_label_maps(
        self, scene: Path, options: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = scene.with_name("m.tif")
        for command in ("foreground", "segment"):
            ran(command, scene, "-o", out, *options, capsys=capsys)
            with tifffile.TiffFile(out) as file:
                labels: Any = file.asarray()
                page: Any = file.pages[0]
                tags = page.tags
                assert str(tags[42113].value) == "0"
                assert 33922 in tags
            if command == "foreground":
                assert iou(labels) >= 0.95
                assert np.all(labels[GAP] == 0)
            else:
                assert np.all((labels == 0) == GAP)
                assert iou(labels == labels[33, 52]) > 0.9

    def test_what_is_told_of_them(
        self, scene: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        out = tmp_path / "m.tif"
        ran("foreground", scene, "-o", out, "--table", "--confidence", "--json", capsys=capsys)
        assert np.all(np.asarray(Image.open(tmp_path / "m_confidence.png"))[GAP] == 0)
        found = segprior.foreground(scene)
        assert found.valid is not None
        np.testing.assert_array_equal(found.valid, ~GAP)
        assert abs(found.foreground - TRUTH.sum() / (~GAP).sum()) < 0.01
        parts = segprior.segment(scene)
        assert parts.n_labels == parts.labels.max()
        assert parts.table(scene)["area"].sum() == (~GAP).sum()
        levels = segprior.segment_hierarchy(scene)
        kept = segprior.Hierarchy.load(levels.save(tmp_path / "h.npz"))
        for one in (levels, kept):
            assert np.all((one.cut(coarseness=0.5) == 0) == GAP)
        done = segprior.segment_tiles(scene, tmp_path / "t.tif")
        assert sum(done.areas.values()) == (~GAP).sum()
        assert 0 not in done.areas

    def test_the_prior_sees_none_of_it(self, scene: Path) -> None:
        prior = segprior.fit_prior(scene, members=1, iterations=1, working_size=32)
        assert np.isfinite(prior.image).all()

    def test_other_methods_and_presets(self, scene: Path, tmp_path: Path) -> None:
        found = segprior.foreground(scene, preset="dsp", features="image", window=1)
        assert np.all(found.labels[GAP] == 0)
        things = segprior.foreground(scene, instances=True)
        assert np.all(things.labels[GAP] == 0)
        assert np.all(things.confidence[GAP] == 0)
        for method in ("mean-shift", "hierarchy"):
            parts = segprior.segment(scene, method=method, min_size=20, connected=True)
            assert np.all((parts.labels == 0) == GAP)
        segprior.foreground_tiles(
            scene, tmp_path / "m.tif", preset="dsp", features="image", window=1,
            tiles=segprior.TileConfig(scale=1, tile_size=48, overlap=8),
        )  # fmt: skip
        assert np.all(tifffile.imread(tmp_path / "m.tif")[GAP] == 0)


class TestAlpha:
    def test_a_logo_in_every_way(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for mode, suffix in (("RGBA", "png"), ("LA", "png"), ("RGBA", "webp"), ("RGBA", "tif")):
            logo = np.zeros((*TRUTH.shape, 4), np.uint8)
            logo[TRUTH, 3] = 255
            path = tmp_path / f"a.{suffix}"
            Image.fromarray(logo).convert(mode).save(path, lossless=True)
            for command in ("foreground", "segment"):
                ran(command, path, "-o", tmp_path / "m.tif", capsys=capsys,
                    told="shape is read from transparency; --alpha decides")  # fmt: skip
                labels = tifffile.imread(tmp_path / "m.tif")
                assert iou(labels if command == "foreground" else labels == labels[33, 52]) > 0.95
            with pytest.warns(InputWarning, match="read from transparency"):
                assert iou(segprior.foreground(path).labels) > 0.95
        with tifffile.TiffFile(path) as file:
            assert file.pages[0].shape == (*TRUTH.shape, 4)
        ran("foreground", path, "-o", tmp_path / "m.tif", "--tiles", "--scale", "1",
            capsys=capsys, told="read from transparency")  # fmt: skip
        assert iou(tifffile.imread(tmp_path / "m.tif")) > 0.95

    def test_a_picture_with_a_hole(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        grey = np.rint(plane(60, 200)).astype(np.uint8)
        rgba = np.dstack([grey, grey, grey, np.where(GAP, 0, 255).astype(np.uint8)])
        rgba[GAP, :3] = 255
        Image.fromarray(rgba).save(tmp_path / "a.png")
        ran("foreground", tmp_path / "a.png", "-o", tmp_path / "m.png", capsys=capsys,
            told=f"{GAP.sum()} transparent pixels are left out as no data; --alpha")  # fmt: skip
        assert iou(np.asarray(Image.open(tmp_path / "m.png"))) > 0.95


def write_stack(folder: Path, kind: str) -> Path:
    planes = np.rint([plane(60, 200, seed=z) for z in range(4)]).astype(np.uint8)
    path = folder / ("a.ome.tif" if kind == "ome" else f"a.{kind}")
    if kind == "zarr":
        zarr = pytest.importorskip("zarr")
        array = zarr.create_array(
            store=str(path), shape=planes.shape, dtype="u1",
            dimension_names=["z", "y", "x"],
        )  # fmt: skip
        array[...] = planes
    elif kind == "gif":
        frames = [Image.fromarray(one) for one in planes]
        frames[0].save(path, save_all=True, append_images=frames[1:])
    elif kind == "ome":
        tifffile.imwrite(path, planes, metadata={"axes": "ZYX"})
    else:
        tifffile.imwrite(path, planes, photometric="minisblack")
    return path


class TestStacks:
    @pytest.mark.parametrize("kind", ["tif", "ome", "zarr", "gif"])
    def test_all_planes_or_what_to_do(
        self, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = write_stack(tmp_path, kind)
        for command in ("foreground", "segment"):
            assert main([command, str(path), "-o", str(tmp_path / "m.tif"), "--json"]) == 0
            assert list(json.loads(capsys.readouterr().out)["planes"].values()) == [4]
            labels = tifffile.imread(tmp_path / "m.tif")
            assert labels.shape == (4, *TRUTH.shape)
            for one in labels:
                assert iou(one if command == "foreground" else one == one[33, 52]) > 0.9
            said = "has 4 planes"
            for words in (("-o", tmp_path / "m.png"), ("-o", tmp_path / "m.tif", "--overlay")):
                ran(command, path, *words, code=2, told=said, capsys=capsys)
            assert not (tmp_path / "m.png").exists()
            ran(command, path, "-o", tmp_path / "m.png", "--project", "mean", capsys=capsys)
            ran(command, path, "-o", tmp_path / "m.png", "--page", "3", capsys=capsys)
            if kind != "gif":
                tiles = ("-o", tmp_path / "t.tif", "--tiles", "--scale", "1")
                ran(command, path, *tiles, code=2, told=said, capsys=capsys)
                ran(command, path, *tiles, "--page", "2", capsys=capsys)
            (tmp_path / "m.png").unlink()
        ran("prior", path, "-o", tmp_path / "p.png", code=2, told=said, capsys=capsys)

    def test_batch(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = tmp_path / "in"
        folder.mkdir()
        write_stack(folder, "tif")
        words = ("batch", "foreground", folder, "--workers", "1", "--quiet")
        capsys.readouterr()
        assert main([str(word) for word in (*words, "-o", tmp_path / "png")]) != 0
        assert "has 4 planes, which PNG does not hold" in capsys.readouterr().err
        ran(*words, "-o", tmp_path / "out", "--format", "tiff", capsys=capsys)
        assert tifffile.imread(tmp_path / "out" / "a.tif").shape == (4, *TRUTH.shape)

    def test_the_same_bytes_each_time(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = write_stack(tmp_path, "ome")
        for suffix in ("tif", "ome.tif"):
            data = []
            for name in ("a", "b"):
                out = tmp_path / name / f"m.{suffix}"
                out.parent.mkdir(exist_ok=True)
                ran("foreground", path, "-o", out, capsys=capsys)
                data.append(out.read_bytes())
            assert data[0] == data[1]

    def test_channels_first(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        bands = np.rint([plane(90, (90, 200)[i > 5], seed=i) for i in range(9)]).astype(np.uint8)
        np.save(tmp_path / "a.npy", bands)
        ran("foreground", tmp_path / "a.npy", "-o", tmp_path / "m.tif", code=2,
            told="pass --channel-axis 0 for channels", capsys=capsys)  # fmt: skip
        for words in (("--channel-axis", "0"), ("--axes", "cyx")):
            ran("foreground", tmp_path / "a.npy", "-o", tmp_path / "m.tif", *words, capsys=capsys)
            assert iou(tifffile.imread(tmp_path / "m.tif")) > 0.95


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not SHARED.is_file():
        pytest.skip(f"no {SHARED}")
    folder = tmp_path_factory.mktemp("cases")
    subprocess.run([sys.executable, SHARED, folder], check=True, capture_output=True)
    return folder


def truth_of(shared: Path, name: str) -> NDArray[np.bool_]:
    return np.asarray(Image.open(shared / f"{name}_truth.png")) > 0


class TestShared:
    @pytest.mark.parametrize("name", ["nodata_int16", "nodata_float", "nodata_nan"])
    @pytest.mark.parametrize("words", [(), ("--tiles", "--scale", "1"), ("--value-range", "0,1")])
    def test_no_data(
        self, name: str, words: Any, shared: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        if "0,1" in words and name != "nodata_nan":
            return
        out = shared / "m.tif"
        ran("foreground", shared / f"{name}.tif", "-o", out, *words, capsys=capsys)
        assert iou(tifffile.imread(out), truth_of(shared, name)) >= 0.9

    @pytest.mark.parametrize("name", ["stack12.tif", "tzcyx.ome.tif", "imagej_zcyx.tif"])
    def test_stacks(self, name: str, shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
        out = shared / "s.tif"
        ran("foreground", shared / name, "-o", out, capsys=capsys)
        shape = {"s": (12, 48, 64), "t": (2, 3, 48, 64), "i": (6, 48, 64)}[name[0]]
        assert tifffile.imread(out).shape == shape
        if name == "stack12.tif":
            truth = truth_of(shared, "stack12")
            assert iou(tifffile.imread(out)[6], truth) > 0.95
            for words in (("--page", "6"), ("--project", "max")):
                ran("foreground", shared / name, "-o", out, *words, capsys=capsys)
                assert iou(tifffile.imread(out), truth) > 0.95

    @pytest.mark.parametrize(
        ("name", "words"), [("channels_first.npy", ()), ("cyx.zarr", ()), ("black_logo.png", ())]
    )
    def test_axes_and_alpha(
        self, name: str, words: Any, shared: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = shared / "c.tif"
        if name != "black_logo.png":
            ran("foreground", shared / name, "-o", out, code=2, told="--channel-axis 0",
                capsys=capsys)  # fmt: skip
            words = ("--channel-axis", "0")
        ran("foreground", shared / name, "-o", out, *words, capsys=capsys)
        assert iou(tifffile.imread(out), truth_of(shared, Path(name).stem)) >= 0.95

    def test_dim_cells(self, shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
        from skimage.measure import label

        ran("segment", shared / "narrow16.png", "-o", shared / "n.png", "--overlay",
            capsys=capsys, told="values 276 to 2800 taken as 0 to 1")  # fmt: skip
        cells = np.asarray(Image.open(shared / "narrow16_truth.png"))
        parts = label(np.asarray(Image.open(shared / "n.png")), background=-1, connectivity=1)
        seen = [
            max(iou(parts == part, cells == cell) for part in np.unique(parts[cells == cell]))
            for cell in range(1, 21)
        ]
        assert sum(one > 0.5 for one in seen) >= 16
        shown = np.asarray(Image.open(shared / "n_overlay.png")).astype(float)
        assert shown[cells > 0].mean() - shown[cells == 0].mean() > 60
