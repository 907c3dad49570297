from __future__ import annotations

import numpy as np
import pytest

from segprior.image.palette import palette
from segprior.io.formats.png import encode_indexed, encode_mask, encode_png
from tests.helpers.written import opened


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
