"""Transparency, pixels without data, and the range of values; by any reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ConfigError, ImageError, InputWarning
from segprior.io.image import as_image, open_planes
from segprior.io.window_reader import open_windows
from tests.helpers.tiff_bytes import write_tiff

ROWS, COLUMNS = 40, 50
GAP = (slice(30, 40), slice(35, 50))


def scene(dtype: Any, low: float = 60, high: float = 200) -> NDArray[Any]:
    """A ramp from the one to the other value."""
    return np.linspace(low, high, ROWS * COLUMNS).reshape(ROWS, COLUMNS).astype(dtype)


def gap() -> NDArray[np.bool_]:
    valid = np.ones((ROWS, COLUMNS), bool)
    valid[GAP] = False
    return valid


def with_tag(path: Path, values: NDArray[Any], text: str, **options: Any) -> Path:
    options = {"photometric": "minisblack", **options}
    tifffile.imwrite(path, values, extratags=[(42113, 2, 0, text, True)], **options)
    return path


class TestNoData:
    @pytest.mark.parametrize(
        ("dtype", "value", "text"),
        [
            (np.uint8, 0, "0"),
            (np.uint8, 255, "255"),
            (np.uint16, 65535, "65535"),
            (np.int16, -32768, "-32768"),
            (np.int16, -9999, "-9999.0"),
            (np.int32, -2147483648, "-2147483648"),
            (np.int64, 2**62 + 1, str(2**62 + 1)),
            (np.float32, -9999, "-9999"),
            (np.float32, -3.4028234663852886e38, "-3.4028234663852886e+38"),
            (np.float64, np.nan, "nan"),
            (np.float32, np.inf, "inf"),
        ],
    )
    def test_of_any_type_and_value(
        self, dtype: Any, value: float, text: str, tmp_path: Path
    ) -> None:
        low, high = (1, 60000) if dtype is np.uint16 else (60, 200)
        values = scene(dtype, low, high)
        values[GAP] = value
        path = with_tag(tmp_path / "a.tif", values, text)
        image = open_planes(path).only()
        assert image.valid is not None
        np.testing.assert_array_equal(image.valid, gap())
        # Nothing of the gap is in the numbers: not in the range, and not in what fills it.
        without = open_planes(scene(dtype, low, high)[: GAP[0].start]).only().full
        np.testing.assert_allclose(image.full[:5], without[:5], atol=0.3)
        assert image.full.min() >= image.full[gap()].min() - 1e-6
        assert image.full.max() <= image.full[gap()].max() + 1e-6
        with open_windows(path) as file:
            rows, columns = slice(0, ROWS), slice(0, COLUMNS)
            np.testing.assert_array_equal(file.valid(rows, columns), gap())
            np.testing.assert_array_equal(file.read(rows, columns), image.full)
            part = file.image(slice(5, 35), slice(10, 50))
            assert part.valid is not None
            np.testing.assert_array_equal(part.valid, gap()[5:35, 10:50])

    @pytest.mark.parametrize("tag", ["-9999", "0.5", "nan", "300", "no number"])
    def test_a_value_that_the_type_cannot_have_is_nowhere(self, tag: str, tmp_path: Path) -> None:
        path = with_tag(tmp_path / "a.tif", scene(np.uint8), tag)
        assert open_planes(path).only().valid is None

    def test_one_band_of_signed_numbers_all_bands_of_unsigned(self, tmp_path: Path) -> None:
        for dtype, expected in ((np.int16, True), (np.float32, True), (np.uint8, False)):
            values = np.dstack([scene(dtype)] * 3)
            values[3, 4, 1] = 0
            values[7, 8] = 0
            path = with_tag(tmp_path / "a.tif", values, "0", photometric="rgb")
            valid = open_planes(path).only().valid
            assert valid is not None
            assert not valid[7, 8]
            assert valid[3, 4] != expected
            assert np.count_nonzero(~valid) == 1 + expected

    def test_the_option_goes_before_the_file(self, tmp_path: Path) -> None:
        values = scene(np.float32)
        values[GAP] = -9999
        path = with_tag(tmp_path / "a.tif", values, "7")
        assert open_planes(path).only().valid is None
        for source in (path, values):
            valid = open_planes(source, nodata=-9999).only().valid
            assert valid is not None
            np.testing.assert_array_equal(valid, gap())
        path = with_tag(tmp_path / "a.tif", values, "-9999")
        assert open_planes(path, nodata=None).only().valid is None

    def test_nan_needs_to_be_declared(self) -> None:
        values = scene(np.float32)
        values[GAP] = np.nan
        with pytest.raises(ImageError, match="150 NaN"):
            as_image(values)
        valid = open_planes(values, nodata=np.nan).only().valid
        np.testing.assert_array_equal(valid, gap())

    def test_white_is_zero_and_palettes(self, tmp_path: Path) -> None:
        values = scene(np.uint8)
        values[GAP] = 9
        path = with_tag(tmp_path / "a.tif", values, "9", photometric="miniswhite")
        np.testing.assert_array_equal(open_planes(path).only().valid, gap())
        table = np.random.default_rng(0).integers(0, 65536, (3, 256), np.uint16)
        path = with_tag(tmp_path / "b.tif", values, "9", photometric="palette", colormap=table)
        with pytest.warns(InputWarning, match="150 transparent pixels"):
            image = open_planes(path).only()
        assert image.full.shape == (ROWS, COLUMNS, 3)
        np.testing.assert_array_equal(image.valid, gap())

    def test_zarr_says_so_in_its_attributes(self, tmp_path: Path) -> None:
        zarr = pytest.importorskip("zarr")
        values = scene(np.float32)
        values[GAP] = -1
        array = zarr.create_array(
            store=str(tmp_path / "a.zarr"), shape=values.shape, dtype="f4",
            attributes={"_FillValue": -1.0}, zarr_format=2,
        )  # fmt: skip
        array[...] = values
        np.testing.assert_array_equal(open_planes(tmp_path / "a.zarr").only().valid, gap())

    def test_an_image_without_any_data_is_refused(self) -> None:
        with pytest.raises(ImageError, match="no pixel has data; pass nodata=None"):
            as_image(np.zeros((20, 30), np.int16), nodata=0)

    def test_what_is_no_number_is_refused(self) -> None:
        for wrong in ("none", True, [1]):
            with pytest.raises(ConfigError, match="nodata"):
                as_image(np.zeros((20, 30)), nodata=wrong)  # type: ignore[arg-type]


class TestAlpha:
    def logo(self, colours: int = 3, depth: int = 8) -> NDArray[Any]:
        logo = np.zeros((ROWS, COLUMNS, colours + 1), np.uint8 if depth == 8 else np.uint16)
        logo[10:20, 5:30, -1] = 2**depth - 1
        logo[20, 5:30, -1] = 2 ** (depth - 1)
        return logo

    @pytest.mark.parametrize("colours", [1, 3])
    def test_one_colour_is_read_from_its_transparency(self, colours: int, tmp_path: Path) -> None:
        logo = self.logo(colours)
        path = tmp_path / "a.png"
        Image.fromarray(logo).save(path)
        with pytest.warns(InputWarning, match=r"a\.png: one colour.*transparency; alpha decides"):
            image = as_image(path)
        np.testing.assert_array_equal(image, logo[..., -1:] / np.float32(255))
        np.testing.assert_array_equal(as_image(path, alpha="only"), image)
        assert as_image(path, alpha="drop").shape == (ROWS, COLUMNS, colours)

    def test_in_windows_and_at_16_bits(self, tmp_path: Path) -> None:
        logo = self.logo(depth=16)
        path = write_tiff(tmp_path / "a.tif", logo, compression=8, photometric=2, extras=(2,))
        with pytest.warns(InputWarning, match="one colour"):
            whole = as_image(path)
        with open_windows(path, quiet=True) as file:
            assert file.shape == (ROWS, COLUMNS, 1)
            np.testing.assert_array_equal(file.read(slice(0, ROWS), slice(0, COLUMNS)), whole)

    def test_what_is_transparent_is_no_data(self, tmp_path: Path) -> None:
        rgba = np.dstack([scene(np.uint8)] * 3 + [np.where(gap(), 200, 0).astype(np.uint8)])
        rgba[GAP][..., :3] = 255
        path = tmp_path / "a.png"
        Image.fromarray(rgba).save(path)
        with pytest.warns(InputWarning, match=r"150 transparent pixels are left out as no data"):
            image = open_planes(path).only()
        np.testing.assert_array_equal(image.valid, gap())
        np.testing.assert_array_equal(image.full[gap()], rgba[gap()][:, :3] / np.float32(255))
        for alpha in ("drop", "keep", "composite"):
            assert open_planes(path, alpha=alpha).only().valid is None

    def test_what_is_opaque_or_equally_thin_is_as_it_was(self, tmp_path: Path) -> None:
        for cover in (255, 90):
            rgba = np.dstack([scene(np.uint8)] * 3 + [np.full((ROWS, COLUMNS), cover, np.uint8)])
            Image.fromarray(rgba).save(tmp_path / "a.png")
            image = open_planes(tmp_path / "a.png").only()
            assert image.valid is None
            np.testing.assert_array_equal(image.full, rgba[..., :3] / np.float32(255))


class TestRange:
    def test_it_is_said_which_values_become_0_and_1(self, tmp_path: Path) -> None:
        Image.fromarray(scene(np.uint16, 12, 3400)).save(tmp_path / "a.png")
        with pytest.warns(InputWarning) as told:
            image = as_image(tmp_path / "a.png")
        assert str(told[0].message) == (
            f"{tmp_path / 'a.png'}: values 12 to 3400 taken as 0 to 1; value_range decides"
        )
        assert (image.min(), image.max()) == (0, 1)

    def test_the_word_full_and_two_numbers(self) -> None:
        values = scene(np.uint16, 12, 3400)
        full = as_image(values, value_range="full")
        np.testing.assert_array_equal(full[..., 0], values / np.float32(65535))
        assert as_image(values, value_range=(0, 4096)).max() == np.float32(3400 / 4096)
        for wrong in ("all", (3, 1), 5, (1, 2, 3), None):
            with pytest.raises(ConfigError, match="'auto' or 'full'"):
                as_image(values, value_range=wrong)  # type: ignore[arg-type]

    def test_windows_have_the_range_of_the_whole(self, tmp_path: Path) -> None:
        for dtype in (np.uint8, np.uint16, np.float32, np.int32):
            values = scene(dtype, 20, 60)
            tifffile.imwrite(tmp_path / "a.tif", values, rowsperstrip=7, compression="zlib")
            with open_windows(tmp_path / "a.tif", quiet=True) as file:
                window = file.read(slice(8, 20), slice(3, 33))
            whole = open_planes(tmp_path / "a.tif", quiet=True).only().full
            np.testing.assert_array_equal(window, whole[8:20, 3:33])

    def test_a_large_image_is_sampled(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("segprior.io.window_reader._WHOLE", 100)
        monkeypatch.setattr("segprior.io.window_reader._WINDOW", 4)
        tifffile.imwrite(tmp_path / "a.tif", scene(np.uint16, 12, 3400))
        with (
            pytest.warns(InputWarning, match="values 12 to 3400"),
            open_windows(tmp_path / "a.tif") as file,
        ):
            file.prepare()

    def test_transparency_is_not_stretched_with_the_colours(self, tmp_path: Path) -> None:
        rgba = np.dstack([scene(np.uint8, 20, 60)] * 3 + [np.full((ROWS, COLUMNS), 51, np.uint8)])
        Image.fromarray(rgba).save(tmp_path / "a.png")
        with pytest.warns(InputWarning, match="values 20 to 60"):
            image = as_image(tmp_path / "a.png", alpha="keep")
        assert image[..., :3].max() == 1
        assert np.all(image[..., 3] == np.float32(0.2))
