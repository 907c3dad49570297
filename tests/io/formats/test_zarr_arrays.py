from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segprior.errors import ImageError, OutputError
from segprior.io.export import save_segmentation
from segprior.io.formats import zarr_arrays
from segprior.io.image import as_image
from segprior.io.label_maps import read_labels
from segprior.io.window_reader import open_windows
from segprior.io.window_writer import save_bands
from tests.helpers.windows import LABELS, PLANES, RGB, compare


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


def test_a_folder_of_something_else_is_not_replaced(tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    (tmp_path / "labels.zarr").mkdir()
    (tmp_path / "labels.zarr" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="a folder of other files"):
        save_bands(tmp_path / "labels.zarr", [LABELS], (70, 90), mask=False, largest=3)
    assert (tmp_path / "labels.zarr" / "mine.txt").read_text() == "mine"


def test_every_chunk_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zarr = pytest.importorskip("zarr")
    written: list[tuple[int, int]] = []
    assign = zarr.Array.__setitem__

    def noted(array: Any, rows: slice, values: Any) -> None:
        written.append((rows.start, rows.stop))
        assign(array, rows, values)

    monkeypatch.setattr(zarr.Array, "__setitem__", noted)
    monkeypatch.setattr(zarr_arrays, "_CHUNK", 32)
    path = tmp_path / "labels.zarr"
    save_bands(path, np.array_split(LABELS, 13), LABELS.shape, mask=False, largest=3)
    assert written == [(0, 32), (32, 64), (64, 70)]
    np.testing.assert_array_equal(zarr.open(str(path), mode="r")[:], LABELS)


class TestAxes:
    @pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
    def test_the_axis_that_is_given(self, tmp_path: Path, axis: int) -> None:
        zarr = pytest.importorskip("zarr")
        path = tmp_path / "a.zarr"
        moved = np.moveaxis(RGB, -1, axis)
        zarr.create_array(str(path), shape=moved.shape, dtype="u1")[...] = moved
        np.testing.assert_array_equal(as_image(path, channel_axis=axis), as_image(RGB))
        compare(path, as_image(RGB), channel_axis=axis)

    @pytest.mark.parametrize("names", [("c", "y", "x"), ("Band", "row", "column")])
    @pytest.mark.parametrize("zarr_format", [2, 3])
    def test_names(self, tmp_path: Path, names: tuple[str, ...], zarr_format: int) -> None:
        zarr = pytest.importorskip("zarr")
        path = tmp_path / "a.zarr"
        moved = np.moveaxis(RGB, -1, 0)
        about = (
            {"dimension_names": names}
            if zarr_format == 3
            else {"attributes": {"_ARRAY_DIMENSIONS": list(names)}}
        )
        array = zarr.create_array(
            str(path), shape=moved.shape, dtype="u1", zarr_format=zarr_format, **about
        )
        array[...] = moved
        np.testing.assert_array_equal(as_image(path), as_image(RGB))
        np.testing.assert_array_equal(as_image(path, channel_axis=0), as_image(RGB))
        compare(path, as_image(RGB))
        with pytest.raises(ImageError, match="lie on axis 0, got channel_axis=1"):
            as_image(path, channel_axis=1)
        with (
            pytest.raises(ImageError, match="lie on axis 0, got channel_axis=1"),
            open_windows(path, channel_axis=1),
        ):
            pass


def test_labels_of_any_size(tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    labels = np.zeros((9, 10), np.int64)
    labels[2:5, 3:8], labels[6:] = 2**33, 2**32 - 1
    for largest in (2**40, 2**32):
        path = save_segmentation(
            tmp_path / f"{largest}.zarr", np.minimum(labels, largest), mask=False
        )
        np.testing.assert_array_equal(read_labels(path), np.minimum(labels, largest))
    with pytest.raises(OutputError, match="cannot save label -1"):
        save_segmentation(tmp_path / "b.zarr", labels - 1, mask=False)
