from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import OutputError
from segprior.image.colour import to_uint8
from segprior.io.image import as_image
from segprior.io.pictures import encode_picture, picture_suffixes, save_picture
from tests.helpers.folders import names


class TestPictures:
    @pytest.mark.parametrize("suffix", picture_suffixes())
    @pytest.mark.parametrize("channels", [0, 1, 3])
    def test_every_suffix(self, suffix: str, channels: int, tmp_path: Path) -> None:
        smooth = np.linspace(0, 1, 24 * 32, dtype=np.float32).reshape(24, 32)
        picture = smooth if channels == 0 else np.stack([smooth] * channels, axis=-1)
        path = save_picture(tmp_path / f"a{suffix.upper()}", picture)
        read = as_image(path)
        np.testing.assert_allclose(read[..., 0], smooth, atol=0.02)
        if suffix in (".tif", ".tiff", ".npy"):
            np.testing.assert_array_equal(read[..., 0], smooth)
        elif suffix not in (".jpg", ".jpeg"):
            np.testing.assert_array_equal(to_uint8(read)[..., 0], to_uint8(smooth))
        assert names(tmp_path) == [path.name]

    @pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".npy"])
    def test_rgba(self, suffix: str, tmp_path: Path) -> None:
        picture = np.random.default_rng(0).integers(1, 256, (16, 16, 4), np.uint8)
        path = save_picture(tmp_path / f"a{suffix}", picture)
        np.testing.assert_array_equal(to_uint8(as_image(path, alpha="keep")), picture)
        assert as_image(path).shape[2] == (4 if suffix == ".npy" else 3)

    @pytest.mark.parametrize("channels", [2, 4, 5, 11])
    @pytest.mark.parametrize("suffix", [".tif", ".npy"])
    def test_many_bands(self, channels: int, suffix: str, tmp_path: Path) -> None:
        picture = np.random.default_rng(0).random((16, 24, channels), np.float32)
        np.testing.assert_array_equal(
            as_image(save_picture(tmp_path / f"a{suffix}", picture)), picture
        )

    def test_16_bits(self, tmp_path: Path) -> None:
        picture = np.arange(256, dtype=np.uint16).reshape(16, 16) * 250
        for suffix in (".png", ".tif"):
            path = save_picture(tmp_path / f"a{suffix}", picture)
            np.testing.assert_array_equal(as_image(path), as_image(picture))
        np.testing.assert_array_equal(
            as_image(encode_picture(picture, ".bmp")), as_image(to_uint8(picture))
        )

    @pytest.mark.parametrize("dtype", [bool, np.float16, np.float64])
    @pytest.mark.parametrize("suffix", [".tif", ".npy", ".png"])
    def test_other_types(self, dtype: type, suffix: str) -> None:
        picture: NDArray[Any] = np.eye(9).astype(dtype)
        np.testing.assert_array_equal(as_image(encode_picture(picture, suffix))[..., 0], np.eye(9))

    def test_what_cannot_be_saved(self, tmp_path: Path) -> None:
        for suffix, channels, reason in (
            (".xyz", 3, r"'\.xyz'; use one of \.png, \.jpg"),
            ("", 3, "''; use one of"),
            (".png", 2, r"2 channels as '\.png'; use \.tif or \.npy"),
            (".png", 5, r"5 channels as '\.png'; use \.tif or \.npy"),
            (".jpg", 4, r"4 channels as '\.jpg'; use \.png, \.tif or \.npy"),
            (".bmp", 4, "4 channels"),
        ):
            with pytest.raises(OutputError, match=reason):
                save_picture(tmp_path / f"a{suffix}", np.zeros((9, 9, channels)))
        with pytest.raises(OutputError, match=r"20000 x 8 pixels as '\.webp'; use \.png"):
            save_picture(tmp_path / "a.webp", np.zeros((20000, 8)))
        assert names(tmp_path) == []
