"""Images and label maps in windows: the same numbers as in one piece, and georeference kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from segprior.errors import ConfigError, ImageError, OutputError
from segprior.io.image import as_image
from segprior.io.label_maps import read_labels
from segprior.io.shared.geotiff import georeference
from segprior.io.shared.tiff_windows import RasterioReader
from segprior.io.window_reader import has_windows, open_windows
from segprior.io.window_writer import check_output, save_bands
from segprior.result import Segmentation

rng = np.random.default_rng(0)
RGB = rng.integers(0, 256, (70, 90, 3), np.uint8)
PLANES = np.moveaxis(RGB, 2, 0)
COLOURS = rng.integers(0, 2**16, (3, 256), np.uint16)

TIFFS: dict[str, tuple[NDArray[Any], dict[str, Any]]] = {
    "one strip": (RGB, {}),
    "strips": (RGB, {"rowsperstrip": 7, "compression": "zlib"}),
    "tiles": (RGB, {"tile": (32, 16), "compression": "zlib", "predictor": True}),
    "planes": (PLANES, {"planarconfig": "separate", "photometric": "rgb"}),
    "tiled planes": (
        PLANES,
        {"planarconfig": "separate", "photometric": "rgb", "tile": (16, 32)},
    ),
    "BigTIFF, swapped": (RGB.astype(np.uint16) * 200, {"bigtiff": True, "byteorder": ">"}),
    "floats": (rng.normal(size=(50, 40)).astype(np.float32), {"tile": (16, 16)}),
    "unit floats": (rng.random((50, 40, 3)).astype(np.float32), {"photometric": "rgb"}),
    "alpha": (
        rng.integers(0, 256, (40, 50, 4), np.uint8),
        {"photometric": "rgb", "extrasamples": ["unassalpha"]},
    ),
    "bands on pages": (
        rng.integers(0, 999, (5, 40, 50), np.uint16),
        {"metadata": {"axes": "CYX"}, "tile": (16, 16)},
    ),
    "palette": (RGB[..., 0], {"photometric": "palette", "colormap": COLOURS}),
    "white is zero": (RGB[..., 0], {"photometric": "miniswhite", "rowsperstrip": 9}),
}


@pytest.mark.parametrize("cache", [1 << 20, 100])
@pytest.mark.parametrize("kind", TIFFS)
def test_windows_of_a_tiff_are_those_of_the_whole(tmp_path: Path, kind: str, cache: int) -> None:
    array, options = TIFFS[kind]
    path = tmp_path / ("image.ome.tif" if "metadata" in options else "image.tif")
    tifffile.imwrite(path, array, **options)
    compare(path, as_image(path), cache=cache)


def compare(path: Path, whole: NDArray[np.float32], **options: Any) -> None:
    rows, columns = whole.shape[:2]
    assert has_windows(path)
    with open_windows(path, **options) as image:
        assert image.shape == whole.shape
        for window in (
            (slice(13, 37), slice(9, 38)),
            (slice(39, 40), slice(31, 33)),
            (slice(0, rows), slice(0, columns)),
        ):
            np.testing.assert_array_equal(image.read(*window), whole[window])


@pytest.mark.parametrize("alpha", ["drop", "keep", "composite"])
def test_alpha_is_treated_as_in_one_piece(tmp_path: Path, alpha: Any) -> None:
    array, options = TIFFS["alpha"]
    tifffile.imwrite(tmp_path / "image.tif", array, **options)
    whole = as_image(tmp_path / "image.tif", alpha=alpha)
    compare(tmp_path / "image.tif", whole, alpha=alpha)


def test_a_range_and_a_page_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, np.stack([RGB, RGB[::-1]]), photometric="rgb")
    whole = as_image(path, page=1, value_range=(20, 99))
    compare(path, whole, page=1, value_range=(20, 99))


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_windows_of_zarr(tmp_path: Path, zarr_format: Any) -> None:
    zarr = pytest.importorskip("zarr")
    store = str(tmp_path / "image.zarr")
    options = {"chunks": (32, 32, 3), "dtype": RGB.dtype, "zarr_format": zarr_format}
    zarr.create_array(store, shape=RGB.shape, **options)[:] = RGB
    compare(tmp_path / "image.zarr", as_image(RGB))
    np.testing.assert_array_equal(as_image(store), as_image(RGB))


def test_windows_of_ome_zarr(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr")
    path = tmp_path / "image.zarr"
    group = zarr.open_group(str(path), mode="w", zarr_format=2)
    group.create_array("0", shape=(1, 3, 70, 90), dtype="u1")[:] = PLANES[None]
    axes = [{"name": name} for name in "tcyx"]
    group.attrs["multiscales"] = [{"axes": axes, "datasets": [{"path": "0"}]}]
    compare(path, as_image(RGB))


def geotiff(path: Path, **options: Any) -> Path:
    rasterio = pytest.importorskip("rasterio")
    place = {"crs": "EPSG:32633", "transform": rasterio.Affine(10, 0, 5e5, 0, -10, 46e5)}
    with rasterio.open(
        path, "w", driver="GTiff", height=70, width=90, count=3, dtype="uint8", **place, **options
    ) as file:
        file.write(PLANES)
    return path


def placed(path: Path) -> tuple[object, object]:
    rasterio = pytest.importorskip("rasterio")
    with rasterio.open(path) as file:
        return file.crs, file.transform


def test_rasterio_reads_what_tifffile_lacks_the_codec_for(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "image.tif", compress="lzw", tiled=True, blockxsize=32, blockysize=16)
    reader = RasterioReader(path, page=0)
    assert reader.shape == (70, 90, 3)
    np.testing.assert_array_equal(reader.read(slice(5, 40), slice(8, 50)), RGB[5:40, 8:50])
    reader.close()
    compare(path, as_image(RGB))


LABELS = rng.integers(1, 4, (70, 90)).astype(np.int32)


@pytest.fixture(params=["tif", "ome.tif", "zarr", "png", "npy"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    if request.param == "zarr":
        pytest.importorskip("zarr")
    yield tmp_path / f"labels.{request.param}"
    assert [path.name for path in tmp_path.iterdir()] == [f"labels.{request.param}"]


@pytest.mark.parametrize("mask", [False, True])
def test_bands_of_any_height_become_the_file_of_the_whole(target: Path, mask: bool) -> None:
    labels = (LABELS > 1).astype(np.uint8) if mask else LABELS
    written = set()
    for _ in range(2):  # the second time over the first
        bands = [labels[:33], labels[33:34], labels[34:]]
        save_bands(target, bands, (70, 90), mask=mask, largest=int(labels.max()))
        written.add(target.read_bytes() if target.is_file() else b"")
    assert len(written) == 1
    np.testing.assert_array_equal(read_labels(target), labels)


def test_what_fails_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    def bands() -> Iterator[NDArray[Any]]:
        yield LABELS[:40]
        raise KeyboardInterrupt

    pytest.importorskip("zarr")
    for name in ("labels.tif", "labels.zarr"):
        save_bands(tmp_path / name, [LABELS], (70, 90), mask=False, largest=3)
        with pytest.raises(KeyboardInterrupt):
            save_bands(tmp_path / name, bands(), (70, 90), mask=False, largest=3)
        np.testing.assert_array_equal(read_labels(tmp_path / name), LABELS)
    assert len(list(tmp_path.iterdir())) == 2


def test_many_labels_and_many_tiles_come_back(tmp_path: Path) -> None:
    labels = np.arange(600 * 1100).reshape(600, 1100)
    path = tmp_path / "labels.tif"
    save_bands(path, np.array_split(labels, 7), labels.shape, mask=False, largest=labels.max())
    np.testing.assert_array_equal(tifffile.imread(path), labels)
    with tifffile.TiffFile(path) as tiff:
        page: Any = tiff.pages[0]
        assert page.is_tiled
        assert page.dtype == np.uint32


def test_the_georeference_is_kept(tmp_path: Path) -> None:
    image = geotiff(tmp_path / "image.tif")
    save_bands(tmp_path / "bands.tif", [LABELS], (70, 90), mask=False, largest=3, image=image)
    found = Segmentation(
        labels=LABELS, confidence=np.ones(LABELS.shape, np.float32), score=1, config=None, seed=0,
        seconds=0, kind="labels",
    )  # fmt: skip
    found.save(tmp_path / "whole.tif", image=image)
    for name in ("bands.tif", "whole.tif"):
        assert placed(tmp_path / name) == placed(image)
        np.testing.assert_array_equal(read_labels(tmp_path / name), LABELS)


def test_no_georeference_is_made_up(tmp_path: Path) -> None:
    image = geotiff(tmp_path / "image.tif")
    assert georeference(image, (70, 90))
    assert georeference(image, (71, 90)) == []
    assert georeference(None, (70, 90)) == []
    assert georeference(tmp_path / "none.tif", (70, 90)) == []
    tifffile.imwrite(tmp_path / "plain.tif", RGB, photometric="rgb")
    assert georeference(tmp_path / "plain.tif", (70, 90)) == []


def test_what_cannot_be_read_in_windows_is_told(tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(RGB).save(tmp_path / "image.png")
    tifffile.imwrite(tmp_path / "cut.tif", RGB, photometric="rgb")
    with (tmp_path / "cut.tif").open("r+b") as stream:
        stream.truncate(5000)
    (tmp_path / "folder").mkdir()
    cases = {"image.png": "tiled TIFF or as Zarr", "cut.tif": "truncated", "none.tif": "no file"}
    for name, words in (cases | {"folder": "tiled TIFF"}).items():
        with pytest.raises(ImageError, match=words), open_windows(tmp_path / name):
            pass


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    values = np.zeros((40, 50), np.float32)
    values[30, 40] = np.nan
    tifffile.imwrite(tmp_path / "image.tif", values)
    with (
        pytest.raises(ImageError, match="1 NaN"),
        open_windows(tmp_path / "image.tif") as image,
    ):
        image.prepare()


def test_large_results_need_a_format_written_in_parts(tmp_path: Path) -> None:
    check_output(tmp_path / "labels.tif", (10**5, 10**5), max_pixels=10**6)
    check_output(tmp_path / "labels.png", (10**3, 10**3), max_pixels=10**6)
    with pytest.raises(OutputError, match=r"as png.*end the name in \.tif or \.zarr"):
        check_output(tmp_path / "labels.png", (10**5, 10**5), max_pixels=10**6)
    with pytest.raises(ConfigError, match="format='gif'"):
        check_output(tmp_path / "labels.tif", (8, 8), wanted="gif")


def test_a_folder_of_something_else_is_not_replaced(tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    (tmp_path / "labels.zarr").mkdir()
    (tmp_path / "labels.zarr" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="a folder of other files"):
        save_bands(tmp_path / "labels.zarr", [LABELS], (70, 90), mask=False, largest=3)
    assert (tmp_path / "labels.zarr" / "mine.txt").read_text() == "mine"
