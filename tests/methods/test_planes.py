from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

import segprior
from segprior.errors import ConfigError, ImageError, OutputError
from segprior.image.pyramid import Pyramid
from segprior.io.image import open_planes
from segprior.methods.planes import each_plane
from segprior.result import Segmentation


def stack() -> NDArray[np.uint8]:
    """Squares that move, two times three planes."""
    planes = np.full((2, 3, 40, 48), 40, np.uint8)
    for t in range(2):
        for z in range(3):
            planes[t, z, 10 + 4 * t : 26 + 4 * t, 8 + 8 * z : 26 + 8 * z] = 200
    return planes


def test_labels_have_the_axes_of_the_stack(tmp_path: Path) -> None:
    planes = stack()
    found = segprior.foreground(planes, axes="TZYX")
    for t, z in np.ndindex(2, 3):
        alone = segprior.foreground(planes[t, z])
        np.testing.assert_array_equal(found.labels[t, z], alone.labels)
        assert abs(int(alone.labels.sum()) - 16 * 18) < 8
    assert found.axes == "TZ"
    assert found.confidence.shape == planes.shape
    assert "2 x 3 x 40 x 48" in repr(found)
    assert found.to_dict()["planes"] == {"T": 2, "Z": 3}
    one = found.plane(1, 2)
    np.testing.assert_array_equal(one.labels, found.labels[1, 2])
    assert one.overlay(planes[1, 2]).shape == (40, 48, 3)
    for wrong in ((0,), (2, 0), (0, -1)):
        with pytest.raises(ConfigError, match="got plane"):
            found.plane(*wrong)
    for call in (found.table, lambda: found.overlay(planes[0, 0]), lambda: found.cutout(planes)):
        with pytest.raises(ImageError, match="take one plane"):
            call()
    assert found._repr_png_() == found.plane(0, 0).to_png()


@pytest.mark.parametrize("suffix", [".tif", ".ome.tif", ".npy", ".zarr"])
def test_stacks_are_saved_as_such(suffix: str, tmp_path: Path) -> None:
    planes = stack()
    for found in (
        segprior.foreground(planes, axes="TZYX"),
        segprior.segment(planes, axes="TZYX", classes=2),
    ):
        path = found.save(tmp_path / f"{found.kind}{suffix}")
        white = 255 if found.kind == "mask" and suffix.endswith(".tif") else 1
        if suffix == ".npy":
            read = np.load(path)
        elif suffix == ".zarr":
            zarr = pytest.importorskip("zarr")
            array = zarr.open(path, mode="r")
            assert array.attrs["_ARRAY_DIMENSIONS"] == ["t", "z", "y", "x"]
            read = np.asarray(array)
        else:
            with tifffile.TiffFile(path) as file:
                assert file.series[0].axes == "TZYX"
                read = file.asarray()
        np.testing.assert_array_equal(read, found.labels * white)


def test_other_formats_hold_one_plane(tmp_path: Path) -> None:
    found = segprior.foreground(stack(), axes="TZYX")
    for name in ("a.png", "a.geojson"):
        with pytest.raises(OutputError, match=r"cannot write 6 planes.*\.tif"):
            found.save(tmp_path / name)
        assert not (tmp_path / name).exists()


def test_segments_are_numbered_in_each_plane() -> None:
    planes = stack()[0]
    found = segprior.segment(planes, axes="ZYX", classes=2)
    assert found.labels.dtype == np.int32
    for z in range(3):
        alone = segprior.segment(planes[z], classes=2)
        np.testing.assert_array_equal(found.labels[z], alone.labels)


def test_a_plane_or_a_projection_is_an_image() -> None:
    planes = stack()[0]
    one = segprior.foreground(planes, axes="ZYX", page=1)
    np.testing.assert_array_equal(one.labels, segprior.foreground(planes[1]).labels)
    flat = segprior.foreground(planes, axes="ZYX", project="max")
    np.testing.assert_array_equal(flat.labels, segprior.foreground(planes.max(axis=0)).labels)
    with pytest.raises(ImageError, match="3 planes"):
        segprior.segment_hierarchy(planes, axes="ZYX")
    with pytest.raises(ImageError, match="3 planes"):
        segprior.fit_prior(planes, axes="ZYX")


def test_numbers_of_planes_are_put_together() -> None:
    scores = iter([0.25, 0.75])

    def find(image: Pyramid) -> Segmentation:
        score = next(scores)
        return Segmentation(
            labels=np.zeros(image.shape, np.uint8), confidence=np.ones(image.shape, np.float32),
            score=score, config=None, seed=0, seconds=2.0, evidence={"reading": score},
            valid=image.valid,
        )  # fmt: skip

    planes = np.ones((2, 16, 24), np.float32)
    planes[:, :8] = 0
    planes[1, 0, 0] = np.nan
    found = each_plane(open_planes(planes, axes="ZYX", nodata=np.nan), find)
    assert (found.score, found.seconds, found.evidence) == (0.5, 4.0, {"reading": 0.5})
    assert found.valid is not None
    assert np.count_nonzero(~found.valid) == 1
