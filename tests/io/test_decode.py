"""Files of every kind that are broken, or are none."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.image import as_image
from tests.helpers.written import encoded, npy

# Small numbers, and transparency, are read here as they are; what is told is tested elsewhere.
pytestmark = pytest.mark.filterwarnings("ignore::segprior.errors.InputWarning")


class TestBrokenFiles:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
    def test_truncated(self, kind: str, rgb: NDArray[np.uint8], tmp_path: Path) -> None:
        data = encoded(rgb, kind)
        path = tmp_path / f"cut.{kind.lower()}"
        for length in (2 * len(data) // 3, len(data) // 2, 24, 12):
            path.write_bytes(data[:length])
            with pytest.raises(
                ImageError, match=r"^.*cut.*(broken|truncated|can be read)"
            ) as caught:
                as_image(path)
            assert "\n" not in str(caught.value)

    def test_not_an_image(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.png"
        path.write_text("this is not a picture, whatever its name says")
        with pytest.raises(ImageError, match=r"notes\.png: not a picture.*use PNG, JPEG"):
            as_image(path)

    def test_random_damage_never_escapes_as_another_error(self, rgb: NDArray[np.uint8]) -> None:
        generator = np.random.default_rng(11)
        for kind in ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "npy"):
            whole = npy(rgb) if kind == "npy" else encoded(rgb, kind)
            for _ in range(40):
                data = np.frombuffer(whole, np.uint8).copy()
                at = generator.integers(6, min(len(data), 200), 4)
                data[at] = generator.integers(0, 256, 4)
                with suppress(ImageError):
                    assert as_image(data.tobytes(), max_pixels=10_000).ndim == 3
