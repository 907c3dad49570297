from __future__ import annotations

import numpy as np
import pytest

from segprior.errors import ImageError
from segprior.image.palette import palette
from segprior.io.formats.png import encode_indexed, encode_mask, encode_png
from segprior.io.image import as_image
from tests.helpers.written import deep_png, opened


class TestPng:
    def test_mask_is_grey_0_and_255(self) -> None:
        image = opened(encode_mask(np.array([[0, 1], [True, False]])))
        assert (image.mode, np.asarray(image).tolist()) == ("L", [[0, 255], [255, 0]])

    def test_indexed_holds_labels_and_the_palette(self) -> None:
        labels = np.arange(12).reshape(3, 4)
        image = opened(encode_indexed(labels))
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image), labels)
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), palette()[labels])

    @pytest.mark.parametrize(
        ("shape", "mode"),
        [((4, 5), "L"), ((4, 5, 1), "L"), ((4, 5, 3), "RGB"), ((4, 5, 4), "RGBA")],
    )
    def test_pictures(self, shape: tuple[int, ...], mode: str) -> None:
        picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        image = opened(encode_png(picture))
        assert image.mode == mode
        np.testing.assert_array_equal(np.asarray(image), picture.reshape(np.asarray(image).shape))

    def test_same_bytes_every_time(self) -> None:
        labels = np.random.default_rng(0).integers(0, 9, (16, 16))
        assert encode_indexed(labels) == encode_indexed(labels.astype(np.uint8))


@pytest.mark.parametrize(("colour_type", "channels"), [(2, 3), (6, 4), (4, 2)])
def test_16_bit_colour_png(colour_type: int, channels: int) -> None:
    values = np.random.default_rng(4).integers(0, 65536, (16, 24, channels), np.uint16)
    data = deep_png(values, colour_type)
    np.testing.assert_array_equal(as_image(data, alpha="keep"), values / np.float32(65535))
    assert as_image(data).shape[2] == (channels if channels == 3 else channels - 1)
    with pytest.raises(ImageError, match="broken PNG"):
        as_image(data[: len(data) // 2])
    with pytest.raises(ImageError, match="max_pixels"):
        as_image(data, max_pixels=100)
