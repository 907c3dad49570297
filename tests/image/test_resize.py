from __future__ import annotations

import numpy as np
import pytest

from segprior.image.resize import is_flat, match_size, resize, working_shape


def test_labels_are_matched_by_nearest_neighbour() -> None:
    labels = np.array([[1, 0, -1], [-1, 1, 0]], np.int8)
    np.testing.assert_array_equal(match_size(labels, (4, 6)), labels.repeat(2, 0).repeat(2, 1))
    np.testing.assert_array_equal(match_size(labels.repeat(3, 0).repeat(3, 1), (2, 3)), labels)
    colours = np.stack([labels, 2 * labels], axis=-1)
    np.testing.assert_array_equal(
        match_size(colours, (4, 6))[..., 1], 2 * match_size(labels, (4, 6))
    )
    assert match_size(labels, (2, 3)) is labels


class TestResize:
    @pytest.mark.parametrize("channels", [1, 3, 7])
    @pytest.mark.parametrize("shape", [(8, 8), (13, 57), (40, 60), (11, 24)])
    def test_range_shape_and_flat_areas(self, channels: int, shape: tuple[int, int]) -> None:
        image = np.random.default_rng(0).random((20, 30, channels), np.float32) * 3 - 1
        small = resize(image, shape)
        assert small.shape == (*shape, channels)
        assert small.dtype == np.float32
        assert small.flags.c_contiguous
        for channel in range(channels):
            assert small[..., channel].min() >= image[..., channel].min()
            assert small[..., channel].max() <= image[..., channel].max()
        flat = np.full((20, 30, channels), 0.1, np.float32)
        assert np.all(resize(flat, shape) == np.float32(0.1))
        np.testing.assert_array_equal(resize(image, shape), small)

    def test_reducing_does_not_alias(self) -> None:
        stripes = np.zeros((64, 64, 1), np.float32)
        stripes[:, ::2] = 1
        np.testing.assert_allclose(resize(stripes, (16, 16))[:, 2:-2], 0.5, atol=1e-6)

    def test_enlarging_is_linear(self) -> None:
        ramp = np.broadcast_to(np.arange(8, dtype=np.float32)[:, None, None], (8, 8, 1))
        want = np.clip((np.arange(16) + 0.5) / 2 - 0.5, 0, 7)
        np.testing.assert_allclose(resize(ramp, (16, 16))[:, 3, 0], want, atol=1e-6)

    def test_flip_and_channels_are_independent(self) -> None:
        image = np.random.default_rng(1).random((33, 47, 2), np.float32)
        small = resize(image, (12, 20))
        np.testing.assert_allclose(
            resize(image[::-1, ::-1], (12, 20)), small[::-1, ::-1], atol=1e-6
        )
        np.testing.assert_array_equal(resize(image[..., 1:], (12, 20)), small[..., 1:])

    def test_same_size_is_the_same_image(self) -> None:
        image = np.zeros((9, 9, 1), np.float32)
        assert resize(image, (9, 9)) is image


@pytest.mark.parametrize(
    ("shape", "size", "want"),
    [
        ((321, 481), 160, (107, 160)),
        ((481, 321, 3), 160, (160, 107)),
        ((100, 100), 160, (100, 100)),
        ((100, 100), 100, (100, 100)),
        ((10, 1000), 160, (8, 160)),
        ((4000, 3000), None, (4000, 3000)),
    ],
)
def test_working_shape(shape: tuple[int, ...], size: int | None, want: tuple[int, int]) -> None:
    assert working_shape(shape, size) == want


def test_flat_is_less_than_a_level_of_16_bits() -> None:
    image = np.full((9, 9, 2), 0.5, np.float32)
    assert is_flat(image)
    image[3, 3, 1] += 1 / 65535
    assert not is_flat(image)
