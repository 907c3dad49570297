"""Files of every kind, whole and broken."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ImageError
from segprior.io.image import as_image
from tests.helpers.written import deep_png, encoded, npy, tiff, tiff_of

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

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
    def test_orientation(self, orientation: int, kind: str, rgb: NDArray[np.uint8]) -> None:
        from PIL import ImageOps

        exif = Image.Exif()
        exif[0x0112] = orientation
        options = {"lossless": True} if kind == "WEBP" else {}
        data = encoded(rgb, kind, exif=exif, **options)
        want = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data)))) / np.float32(255)
        assert want.shape[:2] == ((ROWS, COLUMNS) if orientation < 5 else (COLUMNS, ROWS))
        np.testing.assert_array_equal(as_image(data), want)
        np.testing.assert_array_equal(as_image(Image.open(io.BytesIO(data))), want)

    def test_broken_exif_does_not_matter(self, rgb: NDArray[np.uint8]) -> None:
        data = encoded(rgb, "JPEG", exif=b"Exif\0\0not a directory of tags")
        assert as_image(data).shape == rgb.shape


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

    @pytest.mark.parametrize("compression", [None, "zlib"])
    def test_truncated_tiff_is_never_padded(self, compression: str | None) -> None:
        stream = io.BytesIO()
        values = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
        tifffile.imwrite(stream, values, compression=compression, rowsperstrip=8)
        data = stream.getvalue()
        assert as_image(data).shape == (64, 64, 1)
        with pytest.raises(ImageError, match="truncated"):
            as_image(data[:-200])

    def test_truncated_npy(self, rgb: NDArray[np.uint8]) -> None:
        data = npy(rgb)
        for length in (len(data) - 1, 200, 60, 7):
            with pytest.raises(ImageError, match=r"truncated|broken npy"):
                as_image(data[:length])

    def test_npy_that_claims_more_than_there_is(self) -> None:
        stream = io.BytesIO()
        header = {"descr": "<f8", "fortran_order": False, "shape": (64, 64, 10**12)}
        np.lib.format.write_array_header_1_0(stream, header)
        with pytest.raises(ImageError, match="truncated"):
            as_image(stream.getvalue())

    @pytest.mark.parametrize("kind", ["file", "bytes", "stream"])
    def test_zero_bytes(self, kind: str, tmp_path: Path) -> None:
        path = tmp_path / "empty.png"
        path.write_bytes(b"")
        source: Any = {"file": path, "bytes": b"", "stream": io.BytesIO()}[kind]
        with pytest.raises(ImageError, match="0 bytes"):
            as_image(source)

    def test_not_an_image(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.png"
        path.write_text("this is not a picture, whatever its name says")
        with pytest.raises(ImageError, match=r"notes\.png: not a picture.*use PNG, JPEG"):
            as_image(path)

    def test_pickle_is_never_loaded(self, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> tuple[Callable[..., Any], tuple[Path]]:
                return Path.touch, (tmp_path / "sprung",)

        array = np.empty((9, 9), object)
        array[0, 0] = Trap()
        with pytest.raises(ImageError, match="pickled"):
            as_image(npy(array, allow_pickle=True))
        assert not (tmp_path / "sprung").exists()

    def test_five_axes_in_a_file(self) -> None:
        with pytest.raises(ImageError, match="5 axes"):
            as_image(npy(np.zeros((1, 2, 3, 4, 5))))

    def test_no_such_file_folder_and_strange_names(self, tmp_path: Path) -> None:
        with pytest.raises(ImageError, match=r"no file .*absent\.png"):
            as_image(tmp_path / "absent.png")
        with pytest.raises(ImageError, match="is a folder"):
            as_image(tmp_path)
        for name in ("a\0b", "x" * 5000, ""):
            with pytest.raises(ImageError):
                as_image(name)

    def test_text_stream(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("hello")
        with (tmp_path / "a.txt").open() as stream, pytest.raises(ImageError, match="'rb'"):
            as_image(stream)
        (tmp_path / "a.png").write_bytes(encoded(Image.new("L", (9, 9)), "PNG"))
        with (tmp_path / "a.png").open() as stream, pytest.raises(ImageError, match="'rb'"):
            as_image(stream)

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


class TestPixelLimit:
    def huge(self, kind: str) -> bytes:
        if kind == "npy":
            stream = io.BytesIO()
            header = {"descr": "|u1", "fortran_order": False, "shape": (3, 20000, 20000)}
            np.lib.format.write_array_header_1_0(stream, header)
            return stream.getvalue()
        if kind == "TIFF":
            return tiff_of(b"\0" * 16, 20000, 20000, bits=8)
        data = bytearray(encoded(Image.new("L", (16, 16)), kind))
        size = (20000).to_bytes(4, "big")
        if kind == "PNG":
            import zlib

            data[16:24] = size + size
            data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
        elif kind == "BMP":
            data[18:26] = size[::-1] + size[::-1]
        elif kind == "GIF":
            data[6:10] = size[:1:-1] + size[:1:-1]
        elif kind == "JPEG":
            at = data.index(b"\xff\xc0") + 5
            data[at : at + 4] = size[2:] + size[2:]
        return bytes(data)

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "npy"])
    def test_400_megapixels_are_refused_before_decoding(self, kind: str, tmp_path: Path) -> None:
        path = tmp_path / "huge"
        path.write_bytes(self.huge(kind))
        axis = 0 if kind == "npy" else -1
        with pytest.raises(ImageError, match=r"huge: 20000 x 20000 .* 400 megapixels.*limit of 64"):
            as_image(path, channel_axis=axis)
        if kind in ("PNG", "TIFF", "npy"):
            with pytest.raises(ImageError, match=r"truncated|broken"):
                as_image(path, channel_axis=axis, max_pixels=None)

    def test_limit_is_exact_and_settable(self, rgb: NDArray[np.uint8]) -> None:
        for data in (encoded(rgb, "PNG"), tiff(rgb), npy(rgb)):
            assert as_image(data, max_pixels=600).shape == rgb.shape
            with pytest.raises(ImageError, match="raise max_pixels"):
                as_image(data, max_pixels=599)
        with pytest.raises(ImageError, match="raise max_pixels"):
            as_image(Image.fromarray(rgb), max_pixels=599)
        assert as_image(rgb, max_pixels=599).shape == rgb.shape

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "TIFF"])
    def test_pillow_has_no_say(
        self, kind: str, rgb: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = encoded(rgb, kind)
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
        assert as_image(data).shape == rgb.shape
        assert Image.MAX_IMAGE_PIXELS == 10
