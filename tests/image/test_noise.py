from __future__ import annotations

import numpy as np

from segprior.image.noise import blur


def test_a_blur_keeps_the_channels_apart() -> None:
    picture = np.zeros((16, 16, 2), np.float32)
    picture[..., 1] = 1
    np.testing.assert_allclose(blur(picture, 2), picture, atol=1e-6)
