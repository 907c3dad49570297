"""Stacks: what there are planes of, by arrays and every container, one range for all, projected."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ConfigError, ImageError, InputWarning
from segprior.io.image import as_image, open_planes
from segprior.io.window_reader import open_windows
from tests.helpers.written import encoded, npy


def volume(*shape: int, dtype: Any = np.uint8) -> NDArray[Any]:
    most = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    random = np.random.default_rng(0).random(shape)
    return (random * most).astype(dtype)


ZYX = volume(5, 16, 24)
TZCYX = volume(2, 3, 2, 16, 24, dtype=np.uint16)


def written(kind: str, folder: Path) -> tuple[Any, str, NDArray[Any]]:
    """A stack in a container: the source, the axes of its planes, and the planes, channels last."""
    path = folder / f"{kind}.tif"
    if kind == "pages":
        tifffile.imwrite(path, ZYX, photometric="minisblack", metadata=None)
        return path, "I", ZYX[..., None]
    if kind == "shaped":
        tifffile.imwrite(path, ZYX, photometric="minisblack", compression="zlib")
        return path, "Q", ZYX[..., None]
    if kind == "in a row":
        tifffile.imwrite(path, ZYX, photometric="minisblack", truncate=True)
        return path, "Q", ZYX[..., None]
    if kind == "bands in a row":
        tifffile.imwrite(path, TZCYX, truncate=True, metadata={"axes": "TZCYX"})
        return path, "TZ", np.moveaxis(TZCYX.reshape(6, 2, 16, 24), 1, -1)
    if kind == "colour":
        tifffile.imwrite(path, volume(4, 16, 24, 3), photometric="rgb", metadata={"axes": "TYXS"})
        return path, "T", volume(4, 16, 24, 3)
    if kind == "ome":
        path = folder / "a.ome.tif"
        tifffile.imwrite(path, TZCYX, metadata={"axes": "TZCYX"})
        return path, "TZ", np.moveaxis(TZCYX.reshape(6, 2, 16, 24), 1, -1)
    if kind == "imagej":
        tifffile.imwrite(path, TZCYX[0], imagej=True, metadata={"axes": "ZCYX"})
        return path, "Z", np.moveaxis(TZCYX[0], 1, -1)
    if kind == "zarr":
        zarr = pytest.importorskip("zarr")
        array = zarr.create_array(
            store=str(folder / "a.zarr"), shape=TZCYX.shape, dtype="u2", zarr_format=2,
            attributes={"_ARRAY_DIMENSIONS": ["time", "zed", "channel", "y", "x"]},
        )  # fmt: skip
        array[...] = TZCYX
        return folder / "a.zarr", "TZ", np.moveaxis(TZCYX.reshape(6, 2, 16, 24), 1, -1)
    frames = [Image.fromarray(one) for one in volume(3, 16, 24, 3)]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    return data, "I", volume(3, 16, 24, 3)


KINDS = [
    "pages",
    "shaped",
    "in a row",
    "bands in a row",
    "colour",
    "ome",
    "imagej",
    "zarr",
    "frames",
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_container(kind: str, tmp_path: Path) -> None:
    source, axes, expected = written(kind, tmp_path)
    planes = open_planes(source)
    assert len(planes) == len(expected)
    if kind == "zarr":  # whose names need not be letters
        assert len(planes.axes) == 2
    else:
        assert planes.axes == axes
    full = float(np.iinfo(expected.dtype).max)
    found = [plane.full for plane in planes]
    for number, plane in enumerate(found):
        np.testing.assert_allclose(plane, expected[number] / full, rtol=1e-6)
        np.testing.assert_array_equal(as_image(source, page=number), plane)
    with pytest.raises(ImageError, match=f"{len(expected)} planes.*page 0 to {len(expected) - 1}"):
        as_image(source)
    with pytest.raises(ImageError, match=f"got page={len(expected)}"):
        as_image(source, page=len(expected))
    highest = as_image(source, project="max")
    np.testing.assert_allclose(highest, expected.max(axis=0) / full, rtol=1e-6)
    mean = as_image(source, project="mean")
    np.testing.assert_allclose(mean, expected.mean(axis=0) / full, atol=0.6 / full)


@pytest.mark.parametrize("kind", ["pages", "bands in a row", "ome", "zarr"])
def test_windows_are_of_the_plane_that_is_chosen(kind: str, tmp_path: Path) -> None:
    source, _, expected = written(kind, tmp_path)
    count = len(expected)
    with (
        pytest.raises(ImageError, match=f"{count} planes.*choose it with page"),
        open_windows(source),
    ):
        pass
    with open_windows(source, page=count - 1) as file:
        window = file.read(slice(0, 16), slice(4, 20))
    np.testing.assert_array_equal(window, as_image(source, page=count - 1)[:, 4:20])
    with pytest.raises(ConfigError, match="project"), open_windows(source, project="max"):
        pass


def test_axes_of_arrays_tensors_and_files(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", TZCYX)
    tifffile.imwrite(tmp_path / "a.tif", TZCYX.reshape(12, 16, 24), photometric="minisblack")
    zarr = pytest.importorskip("zarr")
    array = zarr.create_array(store=str(tmp_path / "a.zarr"), shape=TZCYX.shape, dtype="u2")
    array[...] = TZCYX
    expected = np.moveaxis(TZCYX.reshape(6, 2, 16, 24), 1, -1) / np.float32(65535)
    sources = [TZCYX, torch.from_numpy(TZCYX), npy(TZCYX), tmp_path / "a.npy", tmp_path / "a.zarr"]
    for source in sources:
        planes = open_planes(source, axes="tzcyx")
        assert (planes.axes, planes.sizes) == ("TZ", (2, 3))
        np.testing.assert_array_equal([plane.full for plane in planes], expected)
        np.testing.assert_array_equal(as_image(source, axes="TZCYX", page=4), expected[4])
        with pytest.raises(ImageError, match=r"5 axes, shape .*got axes='ZYX'"):
            as_image(source, axes="ZYX")
    bands = as_image(tmp_path / "a.tif", axes="CYX")
    np.testing.assert_array_equal(bands, as_image(TZCYX.reshape(12, 16, 24), channel_axis=0))
    with open_windows(tmp_path / "a.tif", axes="CYX") as file:
        np.testing.assert_array_equal(file.read(slice(0, 16), slice(0, 24)), bands)


def test_any_order_of_axes() -> None:
    moved = np.moveaxis(ZYX, 0, 2)
    planes = open_planes(moved, axes="YXZ")
    np.testing.assert_array_equal([plane.full[..., 0] for plane in planes], ZYX / np.float32(255))
    assert as_image(moved[..., :1], axes="YXZ").shape == (16, 24, 1)
    assert as_image(moved, axes="XYC").shape == (24, 16, 5)


@pytest.mark.parametrize("source", ["array", "tensor", "npy", "zarr"])
def test_more_axes_or_channels_than_an_image_has(source: str, tmp_path: Path) -> None:
    def made(values: NDArray[Any]) -> Any:
        if source == "zarr":
            zarr = pytest.importorskip("zarr")
            path = tmp_path / f"{values.ndim}.zarr"
            array = zarr.create_array(
                store=str(path), shape=values.shape, dtype="u1", overwrite=True
            )
            array[...] = values
            return path
        return {"array": values, "tensor": torch.from_numpy(values), "npy": npy(values)}[source]

    first = volume(9, 48, 64)
    with pytest.raises(ImageError, match=r"pass channel_axis=0 for channels on that axis, axes='Z"):
        as_image(made(first))
    assert as_image(made(first), channel_axis=0).shape == (48, 64, 9)
    with pytest.raises(ImageError, match=r"4 axes.*name them, such as axes='ZCYX'"):
        as_image(made(volume(2, 3, 16, 24)))


def test_one_range_for_all_planes() -> None:
    stack = (volume(3, 16, 24) // 8 + np.array([0, 500, 900])[:, None, None]).astype(np.uint16)
    with pytest.warns(InputWarning, match=f"values 0 to {stack.max()}") as told:
        found = np.array([plane.full for plane in open_planes(stack, axes="TYX")])
    assert len(told) == 1
    np.testing.assert_allclose(found[..., 0], stack / stack.max(), atol=1e-6)


def test_pixels_without_data_do_not_count_in_a_projection() -> None:
    stack = np.ones((3, 16, 24), np.float32)
    stack[:, 8:] = 0
    stack[1, :4] = np.nan
    stack[:, 4, 4] = np.nan
    stack[2] *= 0.25
    for project, value in (("max", 1.0), ("mean", 0.625)):
        image = open_planes(stack, axes="ZYX", project=project, nodata=np.nan).only()
        assert image.valid is not None
        assert np.count_nonzero(~image.valid) == 1
        assert image.full[0, 0, 0] == np.float32(value)


def test_a_stream_is_read_once_and_keeps_its_name(tmp_path: Path) -> None:
    path, _, expected = written("pages", tmp_path)
    with path.open("rb") as stream:
        planes = open_planes(stream)
        assert planes.name == str(path)
        assert len(list(planes)) == len(expected)
    assert len(list(open_planes(io.BytesIO(path.read_bytes())))) == len(expected)


def test_options_that_do_not_go_together() -> None:
    for options in (
        {"axes": "ZYX", "channel_axis": 0},
        {"page": 1, "project": "max"},
        {"project": "sum"},
        {"axes": "ZZYX"},
    ):
        with pytest.raises(ConfigError):
            as_image(ZYX, **options)
    with pytest.raises(ImageError, match="PNG has rows, columns and channels only"):
        as_image(encoded(ZYX[0], "PNG"), axes="YX")


def test_a_cube_is_taken_for_many_channels_and_says_so() -> None:
    with pytest.warns(InputWarning, match="64 x 64 pixels of 64 channels; channel_axis or axes"):
        assert as_image(volume(64, 64, 64)).shape == (64, 64, 64)
    assert as_image(volume(64, 64, 64), channel_axis=2).shape == (64, 64, 64)
