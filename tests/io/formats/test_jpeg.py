from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from segprior.errors import ImageError
from segprior.io.image import as_image
from tests.helpers.written import encoded


def test_jpeg_is_close() -> None:
    smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    image = as_image(encoded(smooth, "JPEG", quality=95))
    np.testing.assert_allclose(image[..., 0], smooth / 255, atol=0.02)


def test_cmyk_jpeg_becomes_rgb() -> None:
    red = Image.new("RGB", (16, 16), (200, 30, 40)).convert("CMYK")
    image = as_image(encoded(red, "JPEG", quality=95))
    np.testing.assert_allclose(image[8, 8] * 255, (200, 30, 40), atol=6)


@pytest.mark.parametrize("progressive", [False, True])
def test_truncated_photograph(progressive: bool) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    data = encoded(noise, "JPEG", progressive=progressive)
    with pytest.raises(ImageError, match="broken JPEG"):
        as_image(data[: int(0.9 * len(data))])
    with pytest.raises(ImageError, match="broken image"):
        as_image(Image.open(io.BytesIO(data[: int(0.9 * len(data))])))


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    data = encoded(np.zeros((16, 16), np.uint8), "JPEG", progressive=True)
    assert as_image(data).shape == (16, 16, 1)
    scan = data.rindex(b"\xff\xda")
    with pytest.raises(ImageError, match="scans, more than 500"):
        as_image(data[:scan] + data[scan:-2] * 600 + data[-2:])
