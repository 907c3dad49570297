from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from segprior.errors import ImageError, InputWarning
from segprior.io.image import as_image
from segprior.io.shared.tiff_pages import open_pages, orientation
from segprior.methods.foreground.api import foreground
from tests.helpers.written import tiff


class TestPages:
    """Which pages are a picture."""

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
        with pytest.raises(ImageError, match="has 6 planes; choose one with page 0 to 5"):
            as_image(data)
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
        with pytest.warns(InputWarning, match="pages of other sizes or types are not read; page"):
            as_image(stream.getvalue())

    def test_smaller_copies_are_no_other_pages(self) -> None:
        stream = io.BytesIO()
        with tifffile.TiffWriter(stream) as writer:
            writer.write(np.eye(16, 24, dtype=np.uint8) * 255)
            writer.write(np.zeros((8, 12), np.uint8), subfiletype=1)
        assert as_image(stream.getvalue()).shape == (16, 24, 1)


class TestMeaning:
    """What the numbers of a page mean."""

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


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_truncated_tiff_is_never_padded(compression: str | None) -> None:
    stream = io.BytesIO()
    values = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    tifffile.imwrite(stream, values, compression=compression, rowsperstrip=8)
    data = stream.getvalue()
    assert as_image(data).shape == (64, 64, 1)
    with pytest.raises(ImageError, match="truncated"):
        as_image(data[:-200])


def test_a_page_lies_as_stored_unless_it_says_otherwise() -> None:
    for options, want in (({}, 1), ({"extratags": [(274, 3, 1, 6)]}, 6)):
        with tifffile.TiffFile(io.BytesIO(tiff(np.zeros((16, 24), np.uint8), **options))) as file:
            assert orientation(file.pages[0]) == want


@pytest.mark.parametrize("shape", [(16, 17), (16, 17, 3)])
def test_pages_written_one_by_one_are_one_series(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "pages.tif"
    draw = np.random.default_rng(0)
    pages = [draw.integers(0, 255, shape, np.uint8) for _ in range(4)]
    for page in pages:
        page[:], page[4:9, 5:12] = page // 8, 255
    with tifffile.TiffWriter(path) as writer:
        for page in pages:
            writer.write(page, contiguous=False)
    with open_pages(path) as tiff:
        assert [len(series) for series in tiff.series] == [4]
    found = as_image(path, project="max")
    np.testing.assert_allclose(
        found.reshape(shape), np.max(pages, axis=0) / np.float32(255), atol=1e-6
    )
    assert foreground(path).labels.shape == (4, 16, 17)


def test_pages_of_one_array_keep_their_axes(tmp_path: Path) -> None:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, np.zeros((3, 2, 16, 17), np.uint8), photometric="minisblack")
    with open_pages(path) as tiff:
        assert tiff.series[0].shape == (3, 2, 16, 17)
