"""Polygons, COCO, LabelMe, OME-TIFF and tables: read back with what users read them with."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from shapely.geometry import shape as as_geometry
from skimage.measure import regionprops_table

from segprior.cli import main
from segprior.errors import ConfigError, ImageError, OutputError
from segprior.io.export import choose_format, result_formats
from segprior.io.formats.coco import run_lengths
from segprior.io.formats.labelme import encode_labelme
from segprior.io.label_maps import read_labels
from segprior.io.shared.polygons import trace_polygons
from segprior.io.shared.region_table import region_table
from segprior.result import Segmentation

QUICK = ("--features", "image")


def made(labels: NDArray[Any], kind: Any = "labels") -> Segmentation:
    confidence = np.ones(labels.shape, np.float32)
    return Segmentation(
        labels=labels, confidence=confidence, score=1, config=None, seed=0, seconds=0, kind=kind
    )


def drawn(*rows: str) -> NDArray[np.int64]:
    return np.array([[int(pixel) for pixel in row] for row in rows])


MAPS = {
    "pixel": drawn("000", "020", "000"),
    "all": drawn("33", "33"),
    "diagonal": drawn("100", "010", "001"),
    "other diagonal": drawn("0001", "0010", "1100"),
    "hole": drawn("111", "101", "111"),
    "two holes that touch": drawn("1111", "1011", "1101", "1111"),
    "hole that touches the outside": drawn("1110", "1101", "1111"),
    "closed by a corner": drawn("111", "101", "110"),
    "hole in a hole": drawn("1111111", "1000001", "1022201", "1020201", "1022201", "1111111"),
    "label in a hole": drawn("1111", "1231", "1321", "1111"),
    "one row": drawn("1101221"),
    "one column": drawn("1", "1", "0", "2"),
}
rng = np.random.default_rng(0)
MAPS |= {
    f"random {number}": rng.integers(0, 1 + rng.integers(1, 5), rng.integers(1, 14, 2))
    for number in range(60)
}
MAPS["smooth"] = np.kron(rng.integers(0, 4, (6, 8)), np.ones((5, 7), np.int64))
MAPS["far labels"] = np.where(MAPS["smooth"] > 0, MAPS["smooth"] * 70000, 0)

every_map = pytest.mark.parametrize("labels", MAPS.values(), ids=MAPS)


def filled(rings: Iterable[Any], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Fill by the even-odd rule, with pixels that count if their centre is inside."""
    inside = np.zeros(shape, bool)
    centres = np.arange(shape[1]) + 0.5
    for ring in rings:
        points = np.asarray(ring, float)
        for first, second in zip(points, np.roll(points, -1, axis=0), strict=True):
            # Sorted, so that a line there and back is the same line twice.
            (x0, y0), (x1, y1) = sorted((tuple(first), tuple(second)), key=lambda at: at[::-1])
            for row in range(int(y0), int(y1)):
                x = x0 + (x1 - x0) * (row + 0.5 - y0) / (y1 - y0)
                inside[row] ^= centres > x
    return inside


def from_geojson(content: dict[str, Any]) -> NDArray[np.int64]:
    about = content["segmentation"]
    labels = np.zeros((about["rows"], about["columns"]), np.int64)
    row, column = np.indices(labels.shape) + 0.5
    for feature in content["features"]:
        geometry = as_geometry(feature["geometry"])
        inside = shapely.contains_xy(geometry, column.ravel(), row.ravel())
        labels[inside.reshape(labels.shape)] = feature["properties"]["label"]
    return labels


class TestPolygons:
    @every_map
    def test_filled_they_are_the_labels(self, labels: NDArray[Any]) -> None:
        back = np.zeros(labels.shape, np.int64)
        for label, polygons in trace_polygons(labels).items():
            rings = [ring for outer, holes in polygons for ring in (outer, *holes)]
            inside = filled(rings, labels.shape)
            assert not back[inside].any()
            back[inside] = label
        np.testing.assert_array_equal(back, labels)

    @every_map
    def test_valid_and_oriented(self, labels: NDArray[Any]) -> None:
        for label, polygons in trace_polygons(labels).items():
            whole = shapely.MultiPolygon([shapely.Polygon(*polygon) for polygon in polygons])
            assert whole.is_valid, shapely.is_valid_reason(whole)
            assert whole.area == np.count_nonzero(labels == label)
            for outer, holes in polygons:
                assert shapely.LinearRing(outer).is_ccw
                assert not any(shapely.LinearRing(hole).is_ccw for hole in holes)

    def test_only_corners_are_kept(self) -> None:
        (square,) = trace_polygons(np.pad(np.ones((5, 9), int), 2))[1]
        assert square.holes == []
        assert square.outer.tolist() == [[2, 2], [11, 2], [11, 7], [2, 7]]

    def test_pieces_and_holes(self) -> None:
        counts = {
            name: [(len(polygon.outer), len(polygon.holes)) for polygon in found[1]]
            for name in ("diagonal", "hole", "two holes that touch", "closed by a corner")
            if (found := trace_polygons(MAPS[name]))
        }
        assert counts == {
            "diagonal": [(4, 0)] * 3,
            "hole": [(4, 1)],
            "two holes that touch": [(4, 2)],
            "closed by a corner": [(6, 1)],
        }

    def test_nothing_but_background(self) -> None:
        assert trace_polygons(np.zeros((4, 5), np.uint8)) == {}

    @pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.uint32, np.int64])
    def test_types(self, dtype: type) -> None:
        (polygons,) = trace_polygons(MAPS["hole"].astype(dtype)).values()
        assert len(polygons[0].holes) == 1


class TestGeoJSON:
    @every_map
    def test_round_trip(self, labels: NDArray[Any], tmp_path: Path) -> None:
        path = made(labels).save(tmp_path / "parts.geojson")
        content = json.loads(path.read_text("utf-8"))
        np.testing.assert_array_equal(from_geojson(content), labels)
        names = [feature["id"] for feature in content["features"]]
        assert names == sorted(set(np.unique(labels).tolist()) - {0})
        for feature in content["features"]:
            assert feature["geometry"]["type"] == "MultiPolygon"
            assert feature["properties"]["area"] == np.count_nonzero(labels == feature["id"])
            for polygon in feature["geometry"]["coordinates"]:
                for ring in polygon:
                    assert ring[0] == ring[-1]
                    assert len(ring) >= 5

    def test_column_comes_first(self, tmp_path: Path) -> None:
        labels = np.zeros((4, 9), np.uint8)
        labels[1, 7] = 1
        path = made(labels, "mask").save(tmp_path / "a.json", format="geojson")
        content = json.loads(path.read_text("utf-8"))
        assert content["segmentation"] == {"kind": "mask", "rows": 4, "columns": 9}
        (feature,) = content["features"]
        assert feature["properties"] == {"label": 1, "name": "foreground", "area": 1}
        assert as_geometry(feature["geometry"]).bounds == (7, 1, 8, 2)

    def test_nothing_but_background(self, tmp_path: Path) -> None:
        path = made(np.zeros((4, 9), int), "mask").save(tmp_path / "a.geojson")
        assert json.loads(path.read_text("utf-8"))["features"] == []


# pycocotools 2.0 wraps its memory in a way that NumPy 2 warns of.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
class TestCOCO:
    @every_map
    def test_round_trip(self, labels: NDArray[Any], tmp_path: Path) -> None:
        coco = COCO(made(labels).save(tmp_path / "parts.json", format="coco"))
        back = np.zeros(labels.shape, np.int64)
        for annotation in coco.loadAnns(coco.getAnnIds()):
            inside = coco.annToMask(annotation) > 0
            back[inside] = annotation["category_id"]
            encoded = coco_mask.encode(np.asfortranarray(inside.astype(np.uint8)))
            assert annotation["segmentation"]["counts"].encode() == encoded["counts"]
            assert annotation["area"] == coco_mask.area(encoded)
            assert annotation["bbox"] == coco_mask.toBbox(encoded).tolist()
        np.testing.assert_array_equal(back, labels)
        assert coco.getCatIds() == sorted(set(np.unique(labels).tolist()) - {0})

    def test_long_runs(self, tmp_path: Path) -> None:
        labels = np.zeros((700, 900), np.uint8)
        labels[3:650, 1:2] = labels[5:6, 300:305] = labels[:, 700:] = 1
        coco = COCO(made(labels, "mask").save(tmp_path / "a.json", format="coco"))
        np.testing.assert_array_equal(coco.annToMask(coco.anns[1]), labels)
        assert coco.cats[1]["name"] == "foreground"

    def test_run_lengths(self) -> None:
        counts = {label: run.tolist() for label, run in run_lengths(drawn("120", "112"))}
        assert counts == {1: [0, 2, 1, 1, 2], 2: [2, 1, 2, 1]}

    def test_image_is_named(self, tmp_path: Path) -> None:
        found = made(MAPS["hole"])
        for image, name in ((None, "a.png"), (Path("photos/b.jpg"), "b.jpg")):
            coco = COCO(found.save(tmp_path / "a.json", format="coco", image=image))
            assert coco.imgs[1] == {"id": 1, "file_name": name, "height": 3, "width": 3}


class TestLabelMe:
    @every_map
    def test_round_trip(self, labels: NDArray[Any], tmp_path: Path) -> None:
        path = made(labels).save(tmp_path / "parts.json", format="labelme")
        content = json.loads(path.read_text("utf-8"))
        back = np.zeros((content["imageHeight"], content["imageWidth"]), np.int64)
        for piece in content["shapes"]:
            assert piece["shape_type"] == "polygon"
            assert piece["label"] == f"label {piece['group_id']}"
            back[filled([piece["points"]], back.shape)] = piece["group_id"]
        np.testing.assert_array_equal(back, labels)

    def test_as_labelme_fills_it(self) -> None:
        labels = np.pad(np.kron(drawn("010", "111", "110"), np.ones((4, 4), int)), 3)
        (piece,) = json.loads(encode_labelme(labels, mask=True, image="a.png"))["shapes"]
        picture = Image.new("L", labels.shape[::-1])
        ImageDraw.Draw(picture).polygon(list(map(tuple, piece["points"])), fill=1, outline=1)
        wider = labels.copy()
        wider[1:] |= labels[:-1]
        wider[:, 1:] |= wider[:, :-1]
        filling = np.asarray(picture)
        assert np.all(filling >= labels)
        assert np.all(filling <= wider)

    def test_image_is_named_from_the_folder(self, tmp_path: Path) -> None:
        folder = tmp_path / "out"
        folder.mkdir()
        found = made(MAPS["hole"], "mask")
        for image, name in ((None, "a.png"), (tmp_path / "photos" / "b.jpg", "../photos/b.jpg")):
            path = found.save(folder / "a.json", format="labelme", image=image)
            content = json.loads(path.read_text("utf-8"))
            assert content["imagePath"] == name
            assert content["imageData"] is None
            assert [piece["label"] for piece in content["shapes"]] == ["foreground"]


class TestOME:
    @pytest.mark.parametrize("name", ["a.ome.tif", "A.OME.TIFF"])
    @pytest.mark.parametrize("top", [1, 300, 70000])
    def test_round_trip(self, name: str, top: int, tmp_path: Path) -> None:
        labels = MAPS["hole"] * top
        path = made(labels).save(tmp_path / name)
        with tifffile.TiffFile(path) as tiff:
            assert tiff.is_ome
            assert tiff.series[0].axes == "YX"
            np.testing.assert_array_equal(tiff.asarray(), labels)
        np.testing.assert_array_equal(read_labels(path), labels)
        with Image.open(path) as picture:
            np.testing.assert_array_equal(np.asarray(picture), labels)

    def test_mask_and_the_same_bytes_again(self, tmp_path: Path) -> None:
        found = made(MAPS["hole"], "mask")
        path = found.save(tmp_path / "a.tif", format="ome-tiff")
        assert set(np.unique(tifffile.imread(path))) == {0, 255}
        np.testing.assert_array_equal(read_labels(path), found.labels)
        assert path.read_bytes() == found.save(tmp_path / "b.ome.tif").read_bytes()
        with tifffile.TiffFile(found.save(tmp_path / "c.tif")) as plain:
            assert not plain.is_ome


class TestTable:
    @every_map
    def test_as_scikit_image_measures(self, labels: NDArray[Any]) -> None:
        image = np.random.default_rng(1).random((*labels.shape, 3), np.float32)
        got = region_table(labels, image)
        names = ("label", "area", "bbox", "centroid", "mean_intensity")
        want = regionprops_table(labels, image, properties=names)
        assert list(got) == [
            "label", "area", "row_start", "column_start", "row_stop", "column_stop",
            "centroid_row", "centroid_column", "mean_0", "mean_1", "mean_2",
        ]  # fmt: skip
        assert len(want) == len(got)
        for ours, theirs in zip(got.values(), want.values(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5)

    def test_of_a_segmentation(self, tmp_path: Path) -> None:
        labels = np.kron(MAPS["hole in a hole"], np.ones((2, 2), int))
        found = made(labels)
        image = np.where(labels == 1, 51, 255).astype(np.uint8)
        table = found.table(image, channel_axis=None)
        np.testing.assert_allclose(table["mean_0"], (0.2, 1), rtol=1e-6)
        assert "mean_0" not in found.table()
        path = found.save_table(tmp_path / "t.csv", image, channel_axis=None)
        with path.open(newline="", encoding="utf-8") as stream:
            first, second = csv.DictReader(stream)
        assert first["label"] == "1"
        assert first["area"] == str(np.count_nonzero(labels == 1))
        assert [second[name] for name in ("row_start", "column_stop")] == ["4", "10"]
        assert second["mean_0"] == "1"
        with pytest.raises(ImageError, match="pass the image that was segmented"):
            found.table(np.zeros((9, 9)))
        with pytest.raises(OutputError, match=r"'\.txt'; use \.csv"):
            found.save_table(tmp_path / "t.txt")

    def test_nothing_but_background(self, tmp_path: Path) -> None:
        found = made(np.zeros((8, 9), int), "mask")
        path = found.save_table(tmp_path / "t.csv", np.zeros((8, 9, 1)))
        (line,) = path.read_text("utf-8").splitlines()
        assert line.endswith(",centroid_row,centroid_column,mean_0")


class TestChoice:
    @pytest.mark.parametrize(
        ("name", "wanted", "chosen"),
        [
            ("a.PNG", None, "png"),
            ("a.tif", None, "tiff"),
            ("a.tiff", None, "tiff"),
            ("a.ome.tif", None, "ome-tiff"),
            ("a.ome.tif", "tiff", "tiff"),
            ("a.b.npy", None, "npy"),
            ("a.geojson", None, "geojson"),
            ("a.json", "coco", "coco"),
        ],
    )
    def test_by_suffix(self, name: str, wanted: str | None, chosen: str) -> None:
        assert choose_format(name, wanted) == chosen

    def test_refused(self, tmp_path: Path) -> None:
        found = made(MAPS["hole"], "mask")
        with pytest.raises(OutputError, match=r"a\.json may become COCO, GeoJSON or LabelMe"):
            found.save(tmp_path / "a.json")
        with pytest.raises(OutputError, match=r"coco as '\.png'; use \.json"):
            found.save(tmp_path / "a.png", format="coco")
        with pytest.raises(OutputError, match=r"cannot save labels as '\.jpg'"):
            found.save(tmp_path / "a.jpg")
        with pytest.raises(ConfigError, match="format='yolo'; choose coco, geojson"):
            found.save(tmp_path / "a.json", format="yolo")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", result_formats())
    def test_every_format_is_written_and_replaces(self, name: str, tmp_path: Path) -> None:
        for suffix in result_formats()[name].endings:
            path = tmp_path / f"a{suffix}"
            path.write_bytes(b"old")
            assert made(MAPS["hole"]).save(path, format=name) == path
            if name == "zarr":  # a folder
                np.testing.assert_array_equal(read_labels(path), MAPS["hole"])
            else:
                assert len(path.read_bytes()) > 20


class TestCommands:
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
