from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ImageError
from segprior.io.image import as_image
from tests.helpers.written import encoded, npy, tiff, tiff_of

ROWS, COLUMNS = 20, 30


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_orientation(orientation: int, kind: str, rgb: NDArray[np.uint8]) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(rgb, kind, exif=exif, **options)
    want = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data)))) / np.float32(255)
    assert want.shape[:2] == ((ROWS, COLUMNS) if orientation < 5 else (COLUMNS, ROWS))
    np.testing.assert_array_equal(as_image(data), want)
    np.testing.assert_array_equal(as_image(Image.open(io.BytesIO(data))), want)


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
