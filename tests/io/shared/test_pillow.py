from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ImageError, OutputError
from segprior.io.image import as_image
from segprior.io.shared.pillow import decoding
from tests.helpers.written import encoded, tiff

ROWS, COLUMNS = 20, 30

# Small numbers, and transparency, are read here as they are; what is told is tested elsewhere.
pytestmark = pytest.mark.filterwarnings("ignore::segprior.errors.InputWarning")


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
            assert as_image(data, alpha="drop").shape == (ROWS, COLUMNS, 3)
            assert as_image(data, alpha="keep").shape == (ROWS, COLUMNS, 4)
            assert np.all(as_image(data, alpha="composite")[clear] == 1)

    @pytest.mark.parametrize("mode", ["L", "RGB", "1"])
    def test_transparent_colour(self, mode: str) -> None:
        image = Image.new(mode, (16, 12), 0)
        data = encoded(image, "PNG", transparency=(0, 0, 0) if mode == "RGB" else 0)
        assert as_image(data, alpha="drop").shape == (12, 16, 3 if mode == "RGB" else 1)
        with pytest.raises(ImageError, match="no pixel has data"):
            as_image(data)
        assert np.all(as_image(data, alpha="composite") == 1)

    def test_16_bit_grey(self) -> None:
        values = np.random.default_rng(3).integers(0, 65536, (16, 24), np.uint16)
        want = values / np.float32(65535)
        image = Image.fromarray(values)
        assert image.mode == "I;16"
        for source in (image, encoded(image, "PNG"), encoded(image, "TIFF"), tiff(values)):
            np.testing.assert_array_equal(as_image(source)[..., 0], want)

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
        dropped = as_image(image, alpha="drop", value_range="full")
        assert dropped.shape == (16, 16, colours)
        np.testing.assert_allclose(dropped * 255, 100, atol=3)
        assert as_image(image, alpha="keep").shape == (16, 16, colours + 1)
        white = as_image(image, alpha="composite")
        np.testing.assert_allclose(white[:8] * 255, 0.2 * 100 + 0.8 * 255, atol=3)
        np.testing.assert_allclose(white[8:] * 255, 100, atol=3)
        black = as_image(image, alpha="composite", background=[0.0] * colours)
        np.testing.assert_allclose(black[:8] * 255, 20, atol=3)


def test_broken_exif_does_not_matter(rgb: NDArray[np.uint8]) -> None:
    data = encoded(rgb, "JPEG", exif=b"Exif\0\0not a directory of tags")
    assert as_image(data).shape == rgb.shape


def test_any_trouble_of_a_decoder_becomes_one_line() -> None:
    with (
        pytest.raises(
            ImageError, match=r"^a\.x: broken grid \(.*two lines\); save or copy"
        ) as told,
        decoding("a.x", "grid"),
    ):
        raise RuntimeError("two\nlines")
    assert "\n" not in str(told.value)
    with pytest.raises(OutputError, match="as it was"), decoding("a.x", "grid"):
        raise OutputError("as it was")


def test_a_limit_of_the_reader_itself_says_how_to_raise_it() -> None:
    with pytest.raises(ImageError, match=r"a\.x: too many.*max_pixels"), decoding("a.x", "grid"):
        raise Image.DecompressionBombError("too many")
