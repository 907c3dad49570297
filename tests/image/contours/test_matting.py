from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import ConfigError
from segprior.image.contours.matting import cut_out, foreground_colours, soft_mask

THING, GROUND = np.array([0.8, 0.3, 0.1]), np.array([0.1, 0.4, 0.8])


def scene(channels: int = 3) -> tuple[Any, NDArray[np.float64]]:
    """A disc with an edge two pixels wide, and the share of it in each pixel."""
    rows, columns = np.ogrid[:96, :120]
    share = np.clip((30.5 - np.hypot(rows - 47, columns - 60)) / 2 + 0.5, 0, 1)
    image = share[..., None] * THING + (1 - share[..., None]) * GROUND
    return image[..., :channels].astype(np.float32), share


@pytest.mark.parametrize("channels", [1, 3])
def test_the_share_of_pixels_on_the_contour(channels: int) -> None:
    image, share = scene(channels)
    soft = soft_mask(share > 0.5, image)
    assert soft.dtype == np.float32
    assert 0 <= soft.min() <= soft.max() <= 1
    hard = np.abs((share > 0.5) - share).mean()
    assert np.abs(soft - share).mean() < hard / 2
    far = np.abs(np.hypot(*np.ogrid[-47:49, -60:60]) - 30.5) > 16
    np.testing.assert_array_equal(soft[far], share[far])


def test_no_halo_of_the_ground() -> None:
    image, share = scene()
    colours = foreground_colours(image, share.astype(np.float32))
    on_edge = (share > 0.2) & (share < 1)
    assert np.abs(colours[on_edge] - THING).max() < 0.07
    assert np.abs(image[on_edge] - THING).max() > 0.3
    np.testing.assert_array_equal(colours[share == 1], image[share == 1])


@pytest.mark.parametrize("shape", [(8, 8), (20, 70), (33, 9)])
def test_small_images(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).random((*shape, 3), np.float32)
    mask = np.zeros(shape, bool)
    mask[: shape[0] // 2] = True
    soft = soft_mask(mask, image)
    assert soft.shape == shape
    assert foreground_colours(image, soft).shape == image.shape
    assert not soft_mask(np.zeros(shape, bool), image).any()
    assert soft_mask(np.ones(shape, bool), image).all()


def test_a_mask_of_two_flat_halves_keeps_its_edge_in_small_images() -> None:
    image = np.zeros((12, 12, 1), np.float32)
    image[:, 6:] = 1
    np.testing.assert_allclose(soft_mask(image[..., 0] > 0.5, image), image[..., 0], atol=1e-2)


def test_many_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="4 channels"):
        soft_mask(np.zeros((8, 8), bool), np.zeros((8, 8, 4), np.float32))


def test_what_is_cut_out() -> None:
    image, share = scene()
    picture = np.rint(255 * image).astype(np.uint8)
    hard = cut_out(picture, share > 0.5, "hard")
    np.testing.assert_array_equal(hard[..., 3], np.where(share > 0.5, 255, 0))
    np.testing.assert_array_equal(hard[share > 0.5][:, :3], picture[share > 0.5])
    assert not hard[share <= 0.5].any()
    soft = cut_out(picture, share > 0.5, "soft")
    assert len(np.unique(soft[..., 3])) > 10
    with pytest.raises(ConfigError, match="edges='round'"):
        cut_out(picture, share > 0.5, "round")  # type: ignore[arg-type]
