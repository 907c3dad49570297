"""TIFF: any depth, many bands, several pages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ImageError
from segprior.io.image import as_image
from tests.helpers.written import encoded, npy, tiff, tiff_of

# Small numbers, and transparency, are read here as they are; what is told is tested elsewhere.
pytestmark = pytest.mark.filterwarnings("ignore::segprior.errors.InputWarning")


class TestTiff:
    @pytest.mark.parametrize(
        "dtype",
        [np.uint8, np.uint16, np.uint32, np.int8, np.int16, np.int32, np.float16, np.float32],
    )
    def test_types(self, dtype: type) -> None:
        values: NDArray[Any] = np.arange(120).reshape(10, 12).astype(dtype)
        np.testing.assert_array_equal(as_image(tiff(values)), as_image(values))

    def test_bands_last_written_as_pages_are_explained(self) -> None:
        cube = np.random.default_rng(8).integers(0, 256, (16, 24, 5), np.uint8)
        data = tiff(cube)
        with pytest.raises(ImageError, match="16 planes"):
            as_image(data)
        np.testing.assert_array_equal(as_image(data, channel_axis=2), as_image(cube))

    def test_page_of_a_picture_with_one(self, rgb: NDArray[np.uint8]) -> None:
        for source in (tiff(rgb), encoded(rgb, "PNG"), npy(rgb), rgb, Image.fromarray(rgb)):
            assert as_image(source, page=0).shape == rgb.shape
            with pytest.raises(ImageError, match="has 1 page, got page=1; pass 0"):
                as_image(source, page=1)

    @pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "packbits"])
    def test_compressions(
        self, compression: str, rgb: NDArray[np.uint8], unit: NDArray[np.float32]
    ) -> None:
        for picture in (rgb, rgb[..., 0]):
            data = encoded(picture, "TIFF", compression=compression)
            want = unit if picture.ndim == 3 else unit[..., :1]
            np.testing.assert_array_equal(as_image(data), want)

    def test_codec_that_only_pillow_has(self) -> None:
        smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
        colour = np.stack([smooth, smooth[::-1], smooth.T], axis=-1)
        image = as_image(encoded(colour, "TIFF", compression="jpeg"))
        np.testing.assert_allclose(image, colour / 255, atol=0.2)
        fax = Image.fromarray(np.eye(16, dtype=bool))
        np.testing.assert_array_equal(
            as_image(encoded(fax, "TIFF", compression="group4"))[..., 0], np.eye(16)
        )

    def test_12_bits_declared(self) -> None:
        values = np.arange(4096, dtype=np.uint16).reshape(64, 64)
        pairs = values.reshape(-1, 2).astype(np.uint32)
        packed = np.stack(
            [pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1] & 255],
            axis=1,
        ).astype(np.uint8)
        image = as_image(tiff_of(packed.tobytes(), 64, 64, bits=12))
        np.testing.assert_array_equal(image[..., 0], values / np.float32(4095))

    def test_12_bits_in_16_count_as_16(self) -> None:
        values = np.full((16, 16), 4095, np.uint16)
        assert as_image(tiff(values)).max() == np.float32(4095 / 65535)
        assert as_image(tiff(values), value_range=(0, 4095)).max() == 1
