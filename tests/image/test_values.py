from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import ImageError
from segprior.io.image import as_image
from tests.helpers.written import deep_png, npy, tiff


class TestScale:
    def test_integers_and_floats_of_one_picture_agree(self, rgb: NDArray[np.uint8]) -> None:
        want = as_image(rgb)
        np.testing.assert_array_equal(as_image(rgb.astype(np.uint16) * 257), want)
        np.testing.assert_array_equal(as_image((rgb.astype(np.uint16) * 257).astype(">u2")), want)
        np.testing.assert_allclose(as_image(rgb / 255), want, rtol=1e-6)
        np.testing.assert_allclose(as_image((rgb / 255).astype(np.float32)), want, rtol=1e-6)

    def test_same_in_files(self, rgb: NDArray[np.uint8], unit: NDArray[np.float32]) -> None:
        deep = rgb.astype(np.uint16) * 257
        for data in (tiff(deep), tiff(rgb / 255, photometric="rgb"), deep_png(deep, 2), npy(deep)):
            np.testing.assert_allclose(as_image(data), unit, rtol=1e-6)

    def test_bool(self) -> None:
        mask = np.eye(9, dtype=bool)
        np.testing.assert_array_equal(as_image(mask)[..., 0], np.eye(9, dtype=np.float32))

    def test_floats_in_range_are_kept(self) -> None:
        values = np.linspace(0.2, 0.6, 80).reshape(8, 10)
        np.testing.assert_array_equal(as_image(values)[..., 0], values.astype(np.float32))

    @pytest.mark.parametrize(
        "dtype", [np.float64, np.float32, np.int16, np.int32, np.int64, np.uint32]
    )
    def test_ranges_of_no_custom_are_stretched_over_all_channels(self, dtype: type) -> None:
        values: NDArray[Any] = np.arange(8 * 9 * 2).reshape(8, 9, 2).astype(dtype)
        want = (values - 0.0) / (values.max() - 0.0)
        np.testing.assert_allclose(as_image(values), want, atol=1e-6)
        if np.issubdtype(dtype, np.signedinteger) or np.issubdtype(dtype, np.floating):
            np.testing.assert_allclose(as_image(values - dtype(50)), want, atol=1e-6)

    def test_wide_integers_within_0_and_1_are_kept(self) -> None:
        np.testing.assert_array_equal(as_image(np.eye(9, dtype=np.int64)), as_image(np.eye(9)))
        assert as_image(np.ones((9, 9), np.int64)).min() == 1

    def test_rounding_above_1_is_clipped_and_not_stretched(self) -> None:
        values = np.full((8, 8), 0.5)
        values[0, 0], values[0, 1] = 1 + 1e-7, 0.25
        image = as_image(values)
        assert (image.max(), image.min(), image[4, 4, 0]) == (1, 0.25, 0.5)

    def test_constant_outside_is_clipped(self) -> None:
        assert as_image(np.full((8, 8), 7.0)).max() == 1
        assert as_image(np.full((8, 8), -7)).max() == 0

    def test_extreme_floats(self) -> None:
        values = np.zeros((8, 8))
        values[0, 0], values[0, 1] = -1.7e308, 1.7e308
        image = as_image(values)
        assert (image[0, 0, 0], image[0, 1, 0], image[4, 4, 0]) == (0, 1, 0.5)

    def test_value_range(self) -> None:
        values = np.array([0, 1000, 4095, 60000], np.uint16).repeat(16).reshape(8, 8)
        image = as_image(values, value_range=(0, 4095))[..., 0]
        np.testing.assert_allclose(np.unique(image), [0, 1000 / 4095, 1], rtol=1e-6)
        floats = np.linspace(0, 0.5, 64).reshape(8, 8)
        assert as_image(floats, value_range=(0, 0.5)).max() == 1

    @pytest.mark.parametrize("where", ["array", "npy", "tiff"])
    def test_nan_and_infinity_are_counted(self, where: str) -> None:
        values = np.zeros((16, 16), np.float32)
        values[0, :3], values[1, 0], values[1, 1] = np.nan, np.inf, -np.inf
        source = {"array": values, "npy": npy(values), "tiff": tiff(values)}[where]
        with pytest.raises(ImageError, match="3 NaN and 2 infinite values; replace them"):
            as_image(source)

    @pytest.mark.parametrize("dtype", [complex, object, "U3", "M8[s]", np.longdouble])
    def test_other_types_are_refused(self, dtype: Any) -> None:
        if np.dtype(dtype) == np.float64:
            pytest.skip("long double is double here")
        with pytest.raises(ImageError, match="values of type"):
            as_image(np.zeros((9, 9), dtype))

    def test_masked_values_are_refused(self) -> None:
        values = np.ma.masked_less(np.arange(81.0).reshape(9, 9), 4)
        with pytest.raises(ImageError, match="4 masked"):
            as_image(values)
        assert as_image(values.filled(4)).shape == (9, 9, 1)
