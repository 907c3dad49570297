"""The one door for images in, and what every module does with them."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ImageError
from segprior.io.image import as_image, list_images
from tests.helpers.written import encoded, npy, tiff


class TestSources:
    def test_every_way_to_hand_over_one_picture(
        self, rgb: NDArray[np.uint8], unit: NDArray[np.float32], tmp_path: Path
    ) -> None:
        path = tmp_path / "picture.png"
        data = encoded(rgb, "PNG")
        path.write_bytes(data)
        with path.open("rb") as stream:
            sources = [
                path, str(path), data, bytearray(data), memoryview(data), io.BytesIO(data), stream,
                Image.open(path), Image.fromarray(rgb), rgb, torch.from_numpy(rgb),
                np.asfortranarray(rgb), rgb[::-1][::-1],
            ]  # fmt: skip
            for source in sources:
                image = as_image(source)
                assert image.dtype == np.float32
                assert image.flags.c_contiguous
                np.testing.assert_array_equal(image, unit)

    @pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP"])
    def test_lossless_formats(
        self, kind: str, rgb: NDArray[np.uint8], unit: NDArray[np.float32]
    ) -> None:
        options = {"lossless": True} if kind == "WEBP" else {}
        np.testing.assert_array_equal(as_image(encoded(rgb, kind, **options)), unit)

    def test_npy_by_path_and_by_bytes(self, unit: NDArray[np.float32], tmp_path: Path) -> None:
        np.save(tmp_path / "a.npy", unit)
        np.testing.assert_array_equal(as_image(tmp_path / "a.npy"), unit)
        np.testing.assert_array_equal(as_image(npy(np.asfortranarray(unit))), unit)
        np.testing.assert_array_equal(as_image(npy(np.moveaxis(unit, 2, 0)), channel_axis=0), unit)

    def test_content_counts_and_not_the_suffix(
        self, rgb: NDArray[np.uint8], unit: NDArray[np.float32], tmp_path: Path
    ) -> None:
        for data, name in (
            (encoded(rgb, "PNG"), "a.npy"),
            (npy(rgb), "a.png"),
            (tiff(rgb), "a.jpg"),
        ):
            (tmp_path / name).write_bytes(data)
            np.testing.assert_array_equal(as_image(tmp_path / name), unit)

    def test_file_object_without_a_name_or_seek(self, rgb: NDArray[np.uint8]) -> None:
        class Pipe:
            def read(self) -> bytes:
                return encoded(rgb, "PNG")

        assert as_image(Pipe()).shape == rgb.shape

    def test_no_torch_for_arrays(self) -> None:
        code = (
            "import sys, numpy; from segprior.io.image import as_image; "
            "as_image(numpy.zeros((8, 8), 'u1')); assert 'torch' not in sys.modules"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_image_given_back_is_the_same_image(self, unit: NDArray[np.float32]) -> None:
        assert np.shares_memory(as_image(unit), unit)
        np.testing.assert_array_equal(as_image(as_image(unit * 0.5)), unit * 0.5)

    @pytest.mark.parametrize("source", [None, 7, [[1, 2], [3, 4]], object()])
    def test_other_things_are_refused(self, source: object) -> None:
        with pytest.raises(ImageError, match=f"got a {type(source).__name__}; pass a path"):
            as_image(source)


class TestListImages:
    def test_sorted_by_suffix_without_hidden_files_and_folders(self, tmp_path: Path) -> None:
        for name in ("b.PNG", "a.jpg", "c.tiff", "d.npy", "e.txt", ".hidden.png", "noise"):
            (tmp_path / name).touch()
        (tmp_path / "folder.png").mkdir()
        assert [path.name for path in list_images(tmp_path)] == [
            "a.jpg",
            "b.PNG",
            "c.tiff",
            "d.npy",
        ]

    def test_nothing_to_list(self, tmp_path: Path) -> None:
        with pytest.raises(ImageError, match="no images in"):
            list_images(tmp_path)
        (tmp_path / "file.png").touch()
        for path in (tmp_path / "absent", tmp_path / "file.png"):
            with pytest.raises(ImageError, match="cannot list"):
                list_images(path)
