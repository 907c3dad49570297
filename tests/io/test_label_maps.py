"""Files out, and back in where they can be."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from segprior.errors import ImageError, OutputError
from segprior.io.formats.png import encode_png
from segprior.io.label_maps import encode_labels, read_labels, save_labels
from segprior.io.pictures import encode_picture
from tests.helpers.bombs import png
from tests.helpers.folders import names
from tests.helpers.written import opened


class TestLabels:
    @pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF", ".npy"])
    @pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
    def test_masks(self, suffix: str, dtype: type, tmp_path: Path) -> None:
        for mask in (np.eye(9), np.zeros((9, 9)), np.ones((9, 9))):
            path = save_labels(tmp_path / f"mask{suffix}", mask.astype(dtype), mask=True)
            read = read_labels(path)
            assert read.ndim == 2
            np.testing.assert_array_equal(read, mask)
            if suffix != ".npy":
                stored = tifffile.imread(path) if suffix != ".png" else opened(path.read_bytes())
                np.testing.assert_array_equal(np.asarray(stored), mask * 255)

    @pytest.mark.parametrize("suffix", [".png", ".tif", ".npy"])
    @pytest.mark.parametrize("top", [1, 3, 16, 255, 256, 4000, 65535])
    def test_label_maps_come_back_exactly(self, suffix: str, top: int, tmp_path: Path) -> None:
        labels = np.random.default_rng(top).integers(0, top + 1, (24, 32))
        labels[0, :2] = 0, top
        read = read_labels(save_labels(tmp_path / f"labels{suffix}", labels, mask=False))
        assert read.dtype.kind in "iu"
        np.testing.assert_array_equal(read, labels)

    @pytest.mark.parametrize("suffix", [".png", ".tif", ".npy"])
    def test_labels_0_and_255_are_no_mask(self, suffix: str, tmp_path: Path) -> None:
        labels = np.eye(9, dtype=np.uint8) * 255
        read = read_labels(save_labels(tmp_path / f"labels{suffix}", labels, mask=False))
        np.testing.assert_array_equal(read, labels)

    def test_more_labels_than_16_bits(self, tmp_path: Path) -> None:
        labels = np.array([[0, 70000], [1, 2]])
        with pytest.raises(OutputError, match=r"label 70000 as '\.png'; use \.npy"):
            encode_labels(labels, ".png", mask=False)
        for suffix in (".tif", ".npy"):
            path = save_labels(tmp_path / f"a{suffix}", np.tile(labels, (8, 8)), mask=False)
            np.testing.assert_array_equal(read_labels(path), np.tile(labels, (8, 8)))

    def test_what_cannot_be_saved(self, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match=r"'\.jpg'; use \.png, \.tif, \.tiff, \.npy"):
            save_labels(tmp_path / "a.jpg", np.eye(9), mask=True)
        with pytest.raises(OutputError, match="label -1"):
            save_labels(tmp_path / "a.png", np.full((9, 9), -1), mask=False)
        assert names(tmp_path) == []

    def test_what_other_programs_write(self, tmp_path: Path) -> None:
        mask = np.eye(9, dtype=bool)
        path = tmp_path / "a.png"
        Image.fromarray(mask).save(path)
        np.testing.assert_array_equal(read_labels(path), mask)
        Image.fromarray(mask.astype(np.uint8) * 7).save(path)
        np.testing.assert_array_equal(read_labels(path), mask * 7)
        few = Image.fromarray(mask.astype(np.uint8))
        few.putpalette([0, 0, 0, 255, 0, 0])
        few.save(path)
        np.testing.assert_array_equal(read_labels(path), mask)
        table = np.zeros((3, 256), np.uint16)
        tifffile.imwrite(
            tmp_path / "a.tif", mask.astype(np.uint8) * 255, photometric="palette", colormap=table
        )
        np.testing.assert_array_equal(read_labels(tmp_path / "a.tif"), mask * 255)

    def test_what_are_no_labels(self) -> None:
        grey = np.zeros((16, 16), np.uint8)
        stream = io.BytesIO()
        Image.fromarray(grey).save(stream, "JPEG")
        for data, reason in (
            (stream.getvalue(), "JPEG blurs"),
            (encode_png(np.zeros((16, 16, 3), np.uint8)), "not a label map"),
            (encode_picture(np.zeros((16, 16), np.float32), ".npy"), "float32, not labels"),
            (b"", "0 bytes"),
            (b"nothing", "not a picture"),
        ):
            with pytest.raises(ImageError, match=reason):
                read_labels(data)


def test_label_maps_have_a_limit(tmp_path: Path) -> None:
    path = save_labels(tmp_path / "a.png", np.ones((20, 30), np.uint8), mask=False)
    with pytest.raises(ImageError, match=r"20 x 30 pixels are 0\.0006 megapixels, above the limit"):
        read_labels(path, max_pixels=599)
    assert read_labels(path, max_pixels=600).shape == (20, 30)
    with pytest.raises(ImageError, match="above the limit of 64"):
        read_labels(png(tmp_path / "b.png", 9000, 9000, bits=1))
