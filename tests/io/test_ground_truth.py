from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.io import savemat

from segprior.errors import ImageError
from segprior.io.files.budget import limited
from segprior.io.ground_truth import read_contours, read_mask, read_prediction, read_regions
from tests.helpers.bombs import png

LABELS = np.arange(80, dtype=np.uint8).reshape(8, 10) // 20


def bsds(path: Path, *maps: NDArray[Any]) -> Path:
    cells = np.empty((1, len(maps)), object)
    for column, labels in enumerate(maps):
        edges = np.zeros(labels.shape, np.uint8)
        cells[0, column] = {"Segmentation": labels, "Boundaries": edges}
    savemat(path, {"groundTruth": cells})
    return path


def test_several_annotators_come_from_mat_or_from_files(tmp_path: Path) -> None:
    mat = read_regions([bsds(tmp_path / "a.mat", LABELS + 1, LABELS // 2 + 1)])
    assert [labels.max() for labels in mat.labels] == [4, 2]
    assert mat.boundaries is not None
    np.save(tmp_path / "one.npy", LABELS)
    Image.fromarray(LABELS).save(tmp_path / "two.png")
    files = read_regions([tmp_path / "one.npy", tmp_path / "two.png"])
    assert all(np.array_equal(labels, LABELS) for labels in files.labels)
    assert files.boundaries is None


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.npy", "a.mat", "indexed.png", "deep.png"])
def test_predictions_come_in_many_formats(tmp_path: Path, name: str) -> None:
    path, labels = tmp_path / name, LABELS + 1
    if name.endswith(".npy"):
        np.save(path, labels)
    elif name.endswith(".mat"):
        cells = np.empty((1, 1), object)
        cells[0, 0] = labels.astype(float)
        savemat(path, {"segs": cells})
    elif name == "indexed.png":
        picture = Image.fromarray(labels).convert("P")
        picture.putdata(labels.ravel().tolist())
        picture.putpalette([i % 256 for i in range(768)])
        picture.save(path)
    else:
        Image.fromarray(labels.astype(np.uint16) if name == "deep.png" else labels).save(path)
    assert np.array_equal(read_prediction(path), labels)


def test_a_mat_of_several_settings_is_no_prediction(tmp_path: Path) -> None:
    cells = np.empty((1, 2), object)
    cells[0, 0] = cells[0, 1] = LABELS
    savemat(tmp_path / "a.mat", {"segs": cells})
    with pytest.raises(ImageError, match="2 label maps in segs; save one per image"):
        read_prediction(tmp_path / "a.mat")


@pytest.mark.parametrize(
    ("values", "foreground", "undecided"),
    [
        (np.array([0, 64, 65, 190, 191, 255], np.uint8), [0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 0, 0]),
        (np.array([0, 1, 1, 0], np.uint8), [0, 1, 1, 0], [0, 0, 0, 0]),
        (np.array([False, True]), [0, 1], [0, 0]),
        (np.array([0, 30000, 65535], np.uint16), [0, 0, 1], [0, 1, 0]),
        (np.array([0.0, 0.5, 0.9]), [0, 0, 1], [0, 1, 0]),
        (np.array([0, 255], np.int64), [0, 1], [0, 0]),
        (np.zeros(3, np.uint8), [0, 0, 0], [0, 0, 0]),
    ],
)
def test_masks_of_any_scale(
    tmp_path: Path, values: NDArray[Any], foreground: list[int], undecided: list[int]
) -> None:
    np.save(tmp_path / "mask.npy", np.tile(values, (8, 1)))
    mask = read_mask(tmp_path / "mask.npy")
    assert (mask.values[0] > 0.5).astype(int).tolist() == foreground
    assert mask.undecided[0].astype(int).tolist() == undecided


def test_masks_in_pictures(tmp_path: Path) -> None:
    mask = (LABELS > 1).astype(np.uint8)
    Image.fromarray(255 * mask).save(tmp_path / "grey.png")
    Image.fromarray(255 * mask).convert("RGB").save(tmp_path / "rgb.png")
    indexed = Image.fromarray(mask).convert("P")
    indexed.putdata((2 * mask).ravel().tolist())
    indexed.putpalette([0, 0, 0, 9, 9, 9, 99, 0, 0])
    indexed.save(tmp_path / "indexed.png")
    for name in ("grey.png", "rgb.png", "indexed.png"):
        assert np.array_equal(read_mask(tmp_path / name).values, mask)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full((8, 8), -1), "values from -1 to -1"),
        (np.full((8, 8), 70000), "values from 70000 to 70000"),
        (np.full((8, 8), np.nan), "not a mask"),
        (np.arange(192).reshape(8, 8, 3), "shape"),
        (np.zeros((8, 8), complex), "type complex128"),
    ],
)
def test_what_is_no_mask(tmp_path: Path, values: NDArray[Any], message: str) -> None:
    np.save(tmp_path / "mask.npy", values)
    with pytest.raises(ImageError, match=message):
        read_mask(tmp_path / "mask.npy")


def test_a_jpeg_is_no_mask(tmp_path: Path) -> None:
    Image.fromarray(LABELS).save(tmp_path / "mask.jpg")
    with pytest.raises(ImageError, match="JPEG blurs"):
        read_mask(tmp_path / "mask.jpg")


def test_contours_are_shares_of_the_largest_of_their_type(tmp_path: Path) -> None:
    grey = np.array([[0, 51], [102, 255]], np.uint8)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.fromarray(grey).convert("RGB").save(tmp_path / "rgb.png")
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    np.save(tmp_path / "costs.npy", grey / 2)
    savemat(tmp_path / "a.mat", {"ucm2": grey / 255})
    for name in ("grey.png", "rgb.png", "deep.png", "a.mat"):
        np.testing.assert_allclose(read_contours(tmp_path / name), grey / 255, rtol=1e-12)
    np.testing.assert_array_equal(read_contours(tmp_path / "costs.npy"), grey / 2)


def test_what_is_no_contour_map(tmp_path: Path) -> None:
    Image.fromarray(LABELS).save(tmp_path / "a.jpg")
    with pytest.raises(ImageError, match="JPEG blurs contours"):
        read_contours(tmp_path / "a.jpg")
    Image.fromarray(LABELS).convert("P").save(tmp_path / "a.png")
    with pytest.raises(ImageError, match="a picture of labels"):
        read_contours(tmp_path / "a.png")
    np.save(tmp_path / "a.npy", np.arange(192).reshape(8, 8, 3))
    with pytest.raises(ImageError, match=r"shape \(8, 8, 3\) .* not a contour map"):
        read_contours(tmp_path / "a.npy")


def indexed(path: Path, values: NDArray[Any]) -> Path:
    image = Image.fromarray(values.astype(np.uint8), "P")
    image.putpalette([0, 0, 0] + [192, 128, 128] * 254 + [224, 224, 192])
    image.save(path)
    return path


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_the_void_of_voc_does_not_count(tmp_path: Path, suffix: str) -> None:
    values = np.zeros((8, 9), np.uint8)
    values[2:6, 2:7], values[3:5, 3:6] = 255, 15
    path = indexed(tmp_path / f"a{suffix}", values)
    mask = read_mask(path)
    np.testing.assert_array_equal(mask.undecided, values == 255)
    np.testing.assert_array_equal(mask.values[~mask.undecided] == 1, values[values != 255] == 15)
    void = read_regions([path]).void
    assert void is not None
    np.testing.assert_array_equal(void, values == 255)
    plain = indexed(tmp_path / f"b{suffix}", np.where(values == 15, 255, 0))
    assert not read_mask(plain).undecided.any()
    assert read_regions([plain]).void is None


def test_truth_is_no_larger_than_an_image_may_be(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", 9000, 9000, bits=1)
    mat = bsds(tmp_path / "a.mat", np.ones((9, 9), np.uint8))
    for read in (read_mask, read_prediction, lambda path: read_regions([path])):
        with pytest.raises(ImageError, match=r"81 megapixels, above the limit of 64; reduce"):
            read(path)
        with limited(max_pixels=80), pytest.raises(ImageError, match=r"above the limit|9 x 9"):
            read_regions([mat])
    with limited(max_pixels=16_000_000), pytest.raises(ImageError, match="above the limit of 80"):
        read_contours(path)
    with limited(max_bytes=1_000_000), pytest.raises(ImageError, match="above the limit of 977KB"):
        read_mask(png(tmp_path / "b.png", 900, 900, bits=1))
    with limited(max_pixels=None):
        assert read_prediction(path).shape == (9000, 9000)
