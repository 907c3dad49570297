from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from segprior.errors import ImageError
from segprior.io.image import as_image
from segprior.io.pictures import encode_picture
from tests.helpers.written import encoded


def test_noise_is_written_without_loss() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (32, 40, 3), np.uint8)
    data = encode_picture(noise, ".webp")
    assert data[12:16] == b"VP8L"
    np.testing.assert_array_equal(as_image(data), noise / np.float32(255))


def test_what_others_write_with_loss_is_close() -> None:
    smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    data = encoded(np.stack([smooth] * 3, axis=-1), "WEBP", quality=95)
    assert data[12:16] == b"VP8 "
    np.testing.assert_allclose(as_image(data)[..., 1], smooth / 255, atol=0.02)


def test_animation_gives_the_frame_asked_for() -> None:
    frames = [Image.new("RGB", (16, 12), (shade, 0, 0)) for shade in (10, 200, 90)]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    with pytest.raises(ImageError, match="has 3 planes; choose one with page 0 to 2"):
        as_image(data)
    for page, shade in ((0, 10), (1, 200), (2, 90)):
        np.testing.assert_allclose(
            as_image(data, page=page, value_range="full")[..., 0], shade / 255, rtol=1e-6
        )
    with pytest.raises(ImageError, match="3 pages, got page=3; pass 0 to 2"):
        as_image(data, page=3)
