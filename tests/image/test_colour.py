from __future__ import annotations

import numpy as np

from segprior.image.colour import as_colours, to_rgb, to_uint8
from segprior.io.image import as_image


def test_three_channels_are_lab_and_others_as_if_one() -> None:
    white = np.ones((2, 2, 3), np.float32)
    np.testing.assert_allclose(as_colours(white)[0, 0], [100, 0, 0], atol=0.05)
    grey = np.random.default_rng(0).random((5, 6, 1), np.float32)
    np.testing.assert_allclose(as_colours(grey), 100 * grey)
    lengths = np.linalg.norm(as_colours(np.repeat(grey, 4, axis=2)), axis=2)
    np.testing.assert_allclose(lengths, 100 * grey[..., 0], rtol=1e-5)


def test_lab_is_that_of_scikit_image_to_the_bit() -> None:
    from skimage.color import rgb2lab

    rng = np.random.default_rng(1)
    dark = rng.random((9, 9, 3), np.float32) * np.float32(0.05)
    for image in (rng.random((37, 53, 3), np.float32), dark):
        assert as_colours(image).dtype == np.float32
        np.testing.assert_array_equal(as_colours(image), rgb2lab(image))


class TestPictures:
    def test_to_uint8_undoes_as_image(self) -> None:
        every = np.arange(256, dtype=np.uint8).reshape(16, 16)
        np.testing.assert_array_equal(to_uint8(as_image(every))[..., 0], every)
        np.testing.assert_array_equal(to_uint8(every.astype(np.uint16) * 257), every)
        np.testing.assert_array_equal(to_uint8(every > 100), np.where(every > 100, 255, 0))
        assert to_uint8(np.array([[-0.5, 0.5, 1.5]])).tolist() == [[0, 128, 255]]
        assert to_uint8(every) is every

    def test_to_rgb(self) -> None:
        image = np.random.default_rng(0).random((8, 9, 5), np.float32)
        np.testing.assert_array_equal(to_rgb(image), image[..., :3])
        for grey in (image[..., 0], image[..., :1]):
            np.testing.assert_array_equal(to_rgb(grey), image[..., [0, 0, 0]])
        two = to_rgb(image[..., :2])
        np.testing.assert_allclose(two[..., 2], image[..., :2].mean(axis=2), rtol=1e-6)
        assert two.dtype == np.float32
