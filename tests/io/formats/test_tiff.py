"""TIFF: any depth, many bands, several pages."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ImageError
from segprior.io.image import as_image
from segprior.io.label_maps import read_labels
from tests.helpers.label_maps import MAPS, made
from tests.helpers.written import encoded, npy, tiff, tiff_of


class TestTiff:
    @pytest.mark.parametrize(
        "dtype",
        [np.uint8, np.uint16, np.uint32, np.int8, np.int16, np.int32, np.float16, np.float32],
    )
    def test_types(self, dtype: type) -> None:
        values: NDArray[Any] = np.arange(120).reshape(10, 12).astype(dtype)
        np.testing.assert_array_equal(as_image(tiff(values)), as_image(values))

    @pytest.mark.parametrize("planar", ["contig", "separate"])
    @pytest.mark.parametrize("bands", [2, 3, 4, 5, 9])
    def test_bands_of_a_page(self, bands: int, planar: str) -> None:
        image = np.random.default_rng(5).random((16, 24, bands), np.float32)
        first = planar == "separate"
        data = tiff(
            np.moveaxis(image, 2, 0) if first else image,
            photometric="minisblack", planarconfig=planar,
        )  # fmt: skip
        np.testing.assert_array_equal(as_image(data), image)
        np.testing.assert_array_equal(as_image(data, channel_axis=0 if first else 2), image)
        with pytest.raises(ImageError, match=f"{bands} channels lie on axis {0 if first else 2}"):
            as_image(data, channel_axis=1)

    @pytest.mark.parametrize("kind", ["shaped", "imagej", "ome"])
    def test_bands_on_a_named_axis(self, kind: str) -> None:
        stack = np.random.default_rng(6).integers(0, 256, (4, 5, 16, 24), np.uint8)
        options = {} if kind == "shaped" else {kind: True}
        data = tiff(stack, metadata={"axes": "ZCYX"}, photometric="minisblack", **options)
        for page in range(4):
            want = np.moveaxis(stack[page], 0, 2) / np.float32(255)
            np.testing.assert_array_equal(as_image(data, page=page), want)
        with pytest.raises(ImageError, match="4 pages, got page=4"):
            as_image(data, page=4)
        bands = tiff(stack[0], metadata={"axes": "CYX"}, photometric="minisblack", **options)
        assert as_image(bands).shape == (16, 24, 5)

    def test_pages(self) -> None:
        stack = np.random.default_rng(7).integers(0, 256, (6, 16, 24), np.uint8)
        data = tiff(stack, photometric="minisblack")
        for page in range(6):
            np.testing.assert_array_equal(as_image(data, page=page), as_image(stack[page]))
        np.testing.assert_array_equal(as_image(data), as_image(stack[0]))
        np.testing.assert_array_equal(
            as_image(data, channel_axis=0), as_image(stack, channel_axis=0)
        )
        with pytest.raises(ImageError, match="6 pages, got page=6; pass 0 to 5"):
            as_image(data, page=6)

    def test_pages_of_several_sizes(self) -> None:
        stream = io.BytesIO()
        with tifffile.TiffWriter(stream) as writer:
            writer.write(np.zeros((16, 24), np.uint8))
            writer.write(np.full((9, 10, 3), 255, np.uint8), photometric="rgb")
            writer.write(np.full((16, 24), 51, np.uint8))
        shapes = [as_image(stream.getvalue(), page=page).shape for page in range(3)]
        assert shapes == [(16, 24, 1), (9, 10, 3), (16, 24, 1)]
        assert as_image(stream.getvalue(), page=2).max() == np.float32(0.2)

    def test_bands_last_written_as_pages_are_explained(self) -> None:
        cube = np.random.default_rng(8).integers(0, 256, (16, 24, 5), np.uint8)
        data = tiff(cube)
        with pytest.raises(ImageError, match="channel_axis=2 may be right"):
            as_image(data)
        np.testing.assert_array_equal(as_image(data, channel_axis=2), as_image(cube))

    def test_page_of_a_picture_with_one(self, rgb: NDArray[np.uint8]) -> None:
        for source in (tiff(rgb), encoded(rgb, "PNG"), npy(rgb), rgb, Image.fromarray(rgb)):
            assert as_image(source, page=0).shape == rgb.shape
            with pytest.raises(ImageError, match="has 1 page, got page=1; pass 0"):
                as_image(source, page=1)

    def test_white_is_zero(self) -> None:
        values = np.arange(120, dtype=np.uint8).reshape(10, 12)
        image = as_image(tiff(values, photometric="miniswhite"))
        np.testing.assert_array_equal(image, as_image(255 - values))

    def test_palette(self) -> None:
        index = np.arange(120, dtype=np.uint8).reshape(10, 12)
        table = np.random.default_rng(9).integers(0, 65536, (3, 256), np.uint16)
        image = as_image(tiff(index, photometric="palette", colormap=table))
        np.testing.assert_array_equal(image, (table.T[index] >> 8) / np.float32(255))

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_cmyk(self, dtype: type) -> None:
        top = np.iinfo(dtype).max
        ink: NDArray[Any] = np.zeros((16, 16, 4), dtype)
        ink[:8, :, 0], ink[8:, :, 3] = top, top // 5
        image = as_image(tiff(ink, photometric="separated"))
        np.testing.assert_allclose(image[0, 0], (0, 1, 1), atol=1e-6)
        np.testing.assert_allclose(image[9, 0], 0.8, atol=1e-4)

    @pytest.mark.parametrize("kind", ["unassalpha", "assocalpha", "unspecified"])
    def test_declared_alpha(self, kind: str) -> None:
        rgba = np.full((16, 16, 4), 51, np.uint8)
        data = tiff(rgba, photometric="rgb", extrasamples=[kind])
        if kind == "unspecified":
            assert as_image(data).shape == (16, 16, 4)
            return
        assert as_image(data).shape == (16, 16, 3)
        assert as_image(data, alpha="keep").shape == (16, 16, 4)
        over_black = as_image(data, alpha="composite", background=0)
        np.testing.assert_allclose(over_black, 0.04 if kind == "unassalpha" else 0.2, rtol=1e-5)

    @pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "packbits"])
    def test_compressions(
        self, compression: str, rgb: NDArray[np.uint8], unit: NDArray[np.float32]
    ) -> None:
        for picture in (rgb, rgb[..., 0]):
            data = encoded(picture, "TIFF", compression=compression)
            want = unit if picture.ndim == 3 else unit[..., :1]
            np.testing.assert_array_equal(as_image(data), want)

    def test_codec_that_only_pillow_has(self) -> None:
        smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
        colour = np.stack([smooth, smooth[::-1], smooth.T], axis=-1)
        image = as_image(encoded(colour, "TIFF", compression="jpeg"))
        np.testing.assert_allclose(image, colour / 255, atol=0.2)
        fax = Image.fromarray(np.eye(16, dtype=bool))
        np.testing.assert_array_equal(
            as_image(encoded(fax, "TIFF", compression="group4"))[..., 0], np.eye(16)
        )

    def test_deep_colours_that_pillow_would_cut_to_8_bits(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def lack(*_: object, **__: object) -> None:
            raise ValueError("<COMPRESSION.LZW: 5> requires the 'imagecodecs' package")

        monkeypatch.setattr(tifffile.TiffPage, "asarray", lack)
        assert as_image(tiff(np.zeros((16, 16, 3), np.uint8))).shape == (16, 16, 3)
        with pytest.raises(ImageError, match="pip install imagecodecs"):
            as_image(tiff(np.zeros((16, 16, 3), np.uint16)))

    def test_12_bits_declared(self) -> None:
        values = np.arange(4096, dtype=np.uint16).reshape(64, 64)
        pairs = values.reshape(-1, 2).astype(np.uint32)
        packed = np.stack(
            [pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1] & 255],
            axis=1,
        ).astype(np.uint8)
        image = as_image(tiff_of(packed.tobytes(), 64, 64, bits=12))
        np.testing.assert_array_equal(image[..., 0], values / np.float32(4095))

    def test_12_bits_in_16_count_as_16(self) -> None:
        values = np.full((16, 16), 4095, np.uint16)
        assert as_image(tiff(values)).max() == np.float32(4095 / 65535)
        assert as_image(tiff(values), value_range=(0, 4095)).max() == 1


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_truncated_tiff_is_never_padded(compression: str | None) -> None:
    stream = io.BytesIO()
    values = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    tifffile.imwrite(stream, values, compression=compression, rowsperstrip=8)
    data = stream.getvalue()
    assert as_image(data).shape == (64, 64, 1)
    with pytest.raises(ImageError, match="truncated"):
        as_image(data[:-200])


class TestOME:
    @pytest.mark.parametrize("name", ["a.ome.tif", "A.OME.TIFF"])
    @pytest.mark.parametrize("top", [1, 300, 70000])
    def test_round_trip(self, name: str, top: int, tmp_path: Path) -> None:
        labels = MAPS["hole"] * top
        path = made(labels).save(tmp_path / name)
        with tifffile.TiffFile(path) as tiff:
            assert tiff.is_ome
            assert tiff.series[0].axes == "YX"
            np.testing.assert_array_equal(tiff.asarray(), labels)
        np.testing.assert_array_equal(read_labels(path), labels)
        with Image.open(path) as picture:
            np.testing.assert_array_equal(np.asarray(picture), labels)

    def test_mask_and_the_same_bytes_again(self, tmp_path: Path) -> None:
        found = made(MAPS["hole"], "mask")
        path = found.save(tmp_path / "a.tif", format="ome-tiff")
        assert set(np.unique(tifffile.imread(path))) == {0, 255}
        np.testing.assert_array_equal(read_labels(path), found.labels)
        assert path.read_bytes() == found.save(tmp_path / "b.ome.tif").read_bytes()
        with tifffile.TiffFile(found.save(tmp_path / "c.tif")) as plain:
            assert not plain.is_ome
