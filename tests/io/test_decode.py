"""Files of every kind, whole and broken."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ImageError
from segprior.io.image import as_image
from tests.helpers.written import deep_png, encoded, npy, tiff

ROWS, COLUMNS = 20, 30


class TestModes:
    """Pillow's modes, as objects and through files."""

    def test_one_bit(self) -> None:
        mask = np.random.default_rng(2).random((16, 24)) > 0.5
        image = Image.fromarray(mask)
        assert image.mode == "1"
        for source in (image, encoded(image, "PNG"), encoded(image, "TIFF")):
            np.testing.assert_array_equal(as_image(source)[..., 0], mask)

    def test_palette(self, rgb: NDArray[np.uint8]) -> None:
        image = Image.fromarray(rgb).quantize(16)
        want = np.asarray(image.convert("RGB")) / np.float32(255)
        for kind in ("PNG", "GIF", "BMP", "TIFF"):
            np.testing.assert_array_equal(as_image(encoded(image, kind)), want)
        np.testing.assert_array_equal(as_image(image), want)

    def test_transparent_palette(self, rgb: NDArray[np.uint8]) -> None:
        image = Image.fromarray(rgb).quantize(4)
        clear = np.asarray(image) == 2
        for data in (
            encoded(image, "PNG", transparency=2),
            encoded(image, "PNG", transparency=bytes([255, 255, 0, 255])),
        ):
            assert as_image(data).shape == (ROWS, COLUMNS, 3)
            assert as_image(data, alpha="keep").shape == (ROWS, COLUMNS, 4)
            assert np.all(as_image(data, alpha="composite")[clear] == 1)

    @pytest.mark.parametrize("mode", ["L", "RGB", "1"])
    def test_transparent_colour(self, mode: str) -> None:
        image = Image.new(mode, (16, 12), 0)
        data = encoded(image, "PNG", transparency=(0, 0, 0) if mode == "RGB" else 0)
        assert as_image(data).shape == (12, 16, 3 if mode == "RGB" else 1)
        assert np.all(as_image(data, alpha="composite") == 1)

    def test_16_bit_grey(self) -> None:
        values = np.random.default_rng(3).integers(0, 65536, (16, 24), np.uint16)
        want = values / np.float32(65535)
        image = Image.fromarray(values)
        assert image.mode == "I;16"
        for source in (image, encoded(image, "PNG"), encoded(image, "TIFF"), tiff(values)):
            np.testing.assert_array_equal(as_image(source)[..., 0], want)

    @pytest.mark.parametrize(("colour_type", "channels"), [(2, 3), (6, 4), (4, 2)])
    def test_16_bit_colour_png(self, colour_type: int, channels: int) -> None:
        values = np.random.default_rng(4).integers(0, 65536, (16, 24, channels), np.uint16)
        data = deep_png(values, colour_type)
        np.testing.assert_array_equal(as_image(data, alpha="keep"), values / np.float32(65535))
        assert as_image(data).shape[2] == (channels if channels == 3 else channels - 1)
        with pytest.raises(ImageError, match="broken PNG"):
            as_image(data[: len(data) // 2])
        with pytest.raises(ImageError, match="max_pixels"):
            as_image(data, max_pixels=100)

    def test_32_bit_and_float(self) -> None:
        values = np.linspace(0, 1, 16 * 24, dtype=np.float32).reshape(16, 24)
        np.testing.assert_array_equal(as_image(Image.fromarray(values))[..., 0], values)
        wide = np.arange(16 * 24, dtype=np.int32).reshape(16, 24)
        np.testing.assert_allclose(as_image(Image.fromarray(wide))[..., 0], values, atol=1e-6)

    @pytest.mark.parametrize("mode", ["HSV", "YCbCr", "RGBX", "CMYK"])
    def test_other_colour_spaces(self, mode: str, rgb: NDArray[np.uint8]) -> None:
        image = Image.fromarray(rgb).convert(mode)
        want = np.asarray(image.convert("RGB")) / np.float32(255)
        np.testing.assert_array_equal(as_image(image), want)

    @pytest.mark.parametrize("mode", ["LA", "PA", "RGBA", "La", "RGBa"])
    def test_alpha(self, mode: str) -> None:
        rgba = np.zeros((16, 16, 4), np.uint8)
        rgba[...] = (100, 100, 100, 255)
        rgba[:8] = (100, 100, 100, 51)
        image = Image.fromarray(rgba)
        if mode == "PA":
            image = image.convert("RGB").quantize(4).convert("PA")
            image.putalpha(Image.fromarray(rgba[..., 3]))
        elif mode == "La":
            image = image.convert("LA").convert("La")
        else:
            image = image.convert(mode)
        colours = 1 if mode in ("LA", "La") else 3
        dropped = as_image(image)
        assert dropped.shape == (16, 16, colours)
        np.testing.assert_allclose(dropped * 255, 100, atol=3)
        assert as_image(image, alpha="keep").shape == (16, 16, colours + 1)
        white = as_image(image, alpha="composite")
        np.testing.assert_allclose(white[:8] * 255, 0.2 * 100 + 0.8 * 255, atol=3)
        np.testing.assert_allclose(white[8:] * 255, 100, atol=3)
        black = as_image(image, alpha="composite", background=[0.0] * colours)
        np.testing.assert_allclose(black[:8] * 255, 20, atol=3)

    def test_arrays_do_not_say_what_is_alpha(self) -> None:
        array = np.zeros((16, 16, 4), np.uint8)
        assert as_image(array).shape == (16, 16, 4)
        assert np.all(as_image(array, alpha="composite", background=0.25) == 0.25)


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

    @pytest.mark.parametrize("progressive", [False, True])
    def test_truncated_photograph(self, progressive: bool) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
        data = encoded(noise, "JPEG", progressive=progressive)
        with pytest.raises(ImageError, match="broken JPEG"):
            as_image(data[: int(0.9 * len(data))])
        with pytest.raises(ImageError, match="broken image"):
            as_image(Image.open(io.BytesIO(data[: int(0.9 * len(data))])))

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
