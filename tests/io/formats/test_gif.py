from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from segprior.errors import ImageError
from segprior.io.image import as_image
from tests.helpers.written import encoded


def test_gif_gives_the_frame_asked_for() -> None:
    frames = [Image.new("L", (16, 12), shade) for shade in (10, 200, 90)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert as_image(data, page=0).shape == (12, 16, 3)
    with pytest.raises(ImageError, match="has 3 planes; choose one with page 0 to 2"):
        as_image(data)
    for page, shade in ((0, 10), (1, 200), (2, 90)):
        np.testing.assert_allclose(as_image(data, page=page), shade / 255)
    with pytest.raises(ImageError, match="3 pages, got page=3; pass 0 to 2"):
        as_image(data, page=3)
