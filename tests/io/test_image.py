"""The one door for images in, and what every module does with them."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ConfigError, ImageError
from segprior.image.colour import to_rgb, to_uint8
from segprior.image.resize import is_flat, resize, working_shape
from segprior.io.image import as_image, list_images
from tests.helpers.written import deep_png, encoded, npy, tiff

ROWS, COLUMNS = 20, 30


class TestSources:
    def test_every_way_to_hand_over_one_picture(
        self, rgb: NDArray[np.uint8], unit: NDArray[np.float32], tmp_path: Path
    ) -> None:
        path = tmp_path / "picture.png"
        data = encoded(rgb, "PNG")
        path.write_bytes(data)
        with path.open("rb") as stream:
            sources = [
                path, str(path), data, bytearray(data), memoryview(data), io.BytesIO(data), stream,
                Image.open(path), Image.fromarray(rgb), rgb, torch.from_numpy(rgb),
                np.asfortranarray(rgb), rgb[::-1][::-1],
            ]  # fmt: skip
            for source in sources:
                image = as_image(source)
                assert image.dtype == np.float32
                assert image.flags.c_contiguous
                np.testing.assert_array_equal(image, unit)

    @pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP"])
    def test_lossless_formats(
        self, kind: str, rgb: NDArray[np.uint8], unit: NDArray[np.float32]
    ) -> None:
        options = {"lossless": True} if kind == "WEBP" else {}
        np.testing.assert_array_equal(as_image(encoded(rgb, kind, **options)), unit)

    def test_jpeg_is_close(self) -> None:
        smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
        image = as_image(encoded(smooth, "JPEG", quality=95))
        np.testing.assert_allclose(image[..., 0], smooth / 255, atol=0.02)

    def test_cmyk_jpeg_becomes_rgb(self) -> None:
        red = Image.new("RGB", (16, 16), (200, 30, 40)).convert("CMYK")
        image = as_image(encoded(red, "JPEG", quality=95))
        np.testing.assert_allclose(image[8, 8] * 255, (200, 30, 40), atol=6)

    def test_gif_gives_its_first_frame_or_the_page_asked_for(self) -> None:
        frames = [Image.new("L", (16, 12), shade) for shade in (10, 200, 90)]
        data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
        assert as_image(data).shape == (12, 16, 3)
        for page, shade in ((None, 10), (0, 10), (1, 200), (2, 90)):
            np.testing.assert_allclose(as_image(data, page=page), shade / 255)
        with pytest.raises(ImageError, match="3 pages, got page=3; pass 0 to 2"):
            as_image(data, page=3)

    def test_npy_by_path_and_by_bytes(self, unit: NDArray[np.float32], tmp_path: Path) -> None:
        np.save(tmp_path / "a.npy", unit)
        np.testing.assert_array_equal(as_image(tmp_path / "a.npy"), unit)
        np.testing.assert_array_equal(as_image(npy(np.asfortranarray(unit))), unit)
        np.testing.assert_array_equal(as_image(npy(np.moveaxis(unit, 2, 0)), channel_axis=0), unit)

    def test_content_counts_and_not_the_suffix(
        self, rgb: NDArray[np.uint8], unit: NDArray[np.float32], tmp_path: Path
    ) -> None:
        for data, name in (
            (encoded(rgb, "PNG"), "a.npy"),
            (npy(rgb), "a.png"),
            (tiff(rgb), "a.jpg"),
        ):
            (tmp_path / name).write_bytes(data)
            np.testing.assert_array_equal(as_image(tmp_path / name), unit)

    def test_file_object_without_a_name_or_seek(self, rgb: NDArray[np.uint8]) -> None:
        class Pipe:
            def read(self) -> bytes:
                return encoded(rgb, "PNG")

        assert as_image(Pipe()).shape == rgb.shape

    def test_no_torch_for_arrays(self) -> None:
        code = (
            "import sys, numpy; from segprior.io.image import as_image; "
            "as_image(numpy.zeros((8, 8), 'u1')); assert 'torch' not in sys.modules"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_image_given_back_is_the_same_image(self, unit: NDArray[np.float32]) -> None:
        assert np.shares_memory(as_image(unit), unit)
        np.testing.assert_array_equal(as_image(as_image(unit * 0.5)), unit * 0.5)

    @pytest.mark.parametrize("source", [None, 7, [[1, 2], [3, 4]], object()])
    def test_other_things_are_refused(self, source: object) -> None:
        with pytest.raises(ImageError, match=f"got a {type(source).__name__}; pass a path"):
            as_image(source)


class TestTensors:
    def test_gradients_and_half_floats(self, unit: NDArray[np.float32]) -> None:
        tensor = torch.from_numpy(unit.copy()).requires_grad_()
        np.testing.assert_array_equal(as_image(tensor), unit)
        quarters = torch.tensor([0.0, 0.25, 0.5, 1.0]).repeat(8, 2)
        for dtype in (torch.float16, torch.bfloat16, torch.float64):
            np.testing.assert_array_equal(as_image(quarters.to(dtype))[..., 0], quarters.numpy())

    def test_channels_first_as_torch_has_them(self, unit: NDArray[np.float32]) -> None:
        tensor = torch.from_numpy(unit).permute(2, 0, 1)
        np.testing.assert_array_equal(as_image(tensor, channel_axis=0), unit)
        with pytest.raises(ImageError, match="channel_axis=0 may be right"):
            as_image(tensor)

    def test_tensor_without_numbers(self) -> None:
        with pytest.raises(ImageError, match="dense"):
            as_image(torch.zeros(16, 16).to_sparse())
        with pytest.raises(ImageError, match="dense"):
            as_image(torch.empty(16, 16, device="meta"))


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


class TestChannels:
    @pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 12])
    def test_axis_moved(self, channels: int) -> None:
        image = np.random.default_rng(1).random((16, 24, channels), np.float32)
        for axis in (0, 1, 2, -1, -2, -3):
            moved = as_image(np.moveaxis(image, -1, axis), channel_axis=axis)
            assert moved.flags.c_contiguous
            np.testing.assert_array_equal(moved, image)

    @pytest.mark.parametrize("axis", [None, -1, 0, 2])
    def test_two_axes_are_grey(self, axis: int | None) -> None:
        assert as_image(np.zeros((16, 24)), channel_axis=axis).shape == (16, 24, 1)

    def test_wrong_axis_names_the_right_one(self) -> None:
        for shape, axis, cure in (
            ((2, 16, 24), -1, "0"),
            ((16, 24, 3), 0, "-1"),
            ((16, 3, 24), -1, "1"),
        ):
            with pytest.raises(ImageError, match=f"channel_axis={cure} may be right"):
                as_image(np.zeros(shape), channel_axis=axis)
        with pytest.raises(ImageError, match=r"got 3 channels.*pass channel_axis=-1"):
            as_image(np.zeros((16, 24, 3)), channel_axis=None)

    @pytest.mark.parametrize("axis", [0, 1, None])
    def test_pictures_know_their_axis(self, axis: int | None, rgb: NDArray[np.uint8]) -> None:
        with pytest.raises(ImageError, match="channel_axis"):
            as_image(encoded(rgb, "PNG"), channel_axis=axis)
        assert as_image(encoded(rgb, "PNG"), channel_axis=2).shape == rgb.shape
        assert as_image(encoded(rgb[..., 0], "PNG"), channel_axis=axis).shape == (ROWS, COLUMNS, 1)

    @pytest.mark.parametrize("shape", [(1, 1), (7, 64), (64, 7, 3), (0, 9), (5, 5, 5)])
    def test_small_sides_are_refused(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ImageError, match="at least 8"):
            as_image(np.zeros(shape))

    @pytest.mark.parametrize("shape", [(), (64,), (1, 3, 64, 64), (1, 1, 3, 64, 64)])
    def test_other_numbers_of_axes_are_refused(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ImageError, match=f"{len(shape)} axes"):
            as_image(np.zeros(shape))

    def test_no_channels(self) -> None:
        with pytest.raises(ImageError, match="no channel"):
            as_image(np.zeros((16, 16, 0)))

    @pytest.mark.parametrize(
        "options",
        [
            {"channel_axis": 3}, {"channel_axis": -4}, {"channel_axis": "last"}, {"page": -1},
            {"page": 1.5}, {"page": True}, {"max_pixels": 0}, {"alpha": "white"},
            {"value_range": (1, 1)}, {"value_range": (0, np.inf)},
            {"alpha": "composite", "background": 2},
            {"alpha": "composite", "background": (1, 0)},
        ],
    )  # fmt: skip
    def test_options_that_are_not_valid(self, options: dict[str, Any]) -> None:
        with pytest.raises(ConfigError, match=f"got {max(options)[:5]}"):
            as_image(np.zeros((9, 9, 4)), **options)


class TestResize:
    @pytest.mark.parametrize("channels", [1, 3, 7])
    @pytest.mark.parametrize("shape", [(8, 8), (13, 57), (40, 60), (11, 24)])
    def test_range_shape_and_flat_areas(self, channels: int, shape: tuple[int, int]) -> None:
        image = np.random.default_rng(0).random((20, 30, channels), np.float32) * 3 - 1
        small = resize(image, shape)
        assert small.shape == (*shape, channels)
        assert small.dtype == np.float32
        assert small.flags.c_contiguous
        for channel in range(channels):
            assert small[..., channel].min() >= image[..., channel].min()
            assert small[..., channel].max() <= image[..., channel].max()
        flat = np.full((20, 30, channels), 0.1, np.float32)
        assert np.all(resize(flat, shape) == np.float32(0.1))
        np.testing.assert_array_equal(resize(image, shape), small)

    def test_reducing_does_not_alias(self) -> None:
        stripes = np.zeros((64, 64, 1), np.float32)
        stripes[:, ::2] = 1
        np.testing.assert_allclose(resize(stripes, (16, 16))[:, 2:-2], 0.5, atol=1e-6)

    def test_enlarging_is_linear(self) -> None:
        ramp = np.broadcast_to(np.arange(8, dtype=np.float32)[:, None, None], (8, 8, 1))
        want = np.clip((np.arange(16) + 0.5) / 2 - 0.5, 0, 7)
        np.testing.assert_allclose(resize(ramp, (16, 16))[:, 3, 0], want, atol=1e-6)

    def test_flip_and_channels_are_independent(self) -> None:
        image = np.random.default_rng(1).random((33, 47, 2), np.float32)
        small = resize(image, (12, 20))
        np.testing.assert_allclose(
            resize(image[::-1, ::-1], (12, 20)), small[::-1, ::-1], atol=1e-6
        )
        np.testing.assert_array_equal(resize(image[..., 1:], (12, 20)), small[..., 1:])

    def test_same_size_is_the_same_image(self) -> None:
        image = np.zeros((9, 9, 1), np.float32)
        assert resize(image, (9, 9)) is image


@pytest.mark.parametrize(
    ("shape", "size", "want"),
    [
        ((321, 481), 160, (107, 160)),
        ((481, 321, 3), 160, (160, 107)),
        ((100, 100), 160, (100, 100)),
        ((100, 100), 100, (100, 100)),
        ((10, 1000), 160, (8, 160)),
        ((4000, 3000), None, (4000, 3000)),
    ],
)
def test_working_shape(shape: tuple[int, ...], size: int | None, want: tuple[int, int]) -> None:
    assert working_shape(shape, size) == want


class TestListImages:
    def test_sorted_by_suffix_without_hidden_files_and_folders(self, tmp_path: Path) -> None:
        for name in ("b.PNG", "a.jpg", "c.tiff", "d.npy", "e.txt", ".hidden.png", "noise"):
            (tmp_path / name).touch()
        (tmp_path / "folder.png").mkdir()
        assert [path.name for path in list_images(tmp_path)] == [
            "a.jpg",
            "b.PNG",
            "c.tiff",
            "d.npy",
        ]

    def test_nothing_to_list(self, tmp_path: Path) -> None:
        with pytest.raises(ImageError, match="no images in"):
            list_images(tmp_path)
        (tmp_path / "file.png").touch()
        for path in (tmp_path / "absent", tmp_path / "file.png"):
            with pytest.raises(ImageError, match="cannot list"):
                list_images(path)


class TestPictures:
    def test_to_uint8_undoes_as_image(self) -> None:
        every = np.arange(256, dtype=np.uint8).reshape(16, 16)
        np.testing.assert_array_equal(to_uint8(as_image(every))[..., 0], every)
        np.testing.assert_array_equal(to_uint8(every.astype(np.uint16) * 257), every)
        np.testing.assert_array_equal(to_uint8(every > 100), np.where(every > 100, 255, 0))
        assert to_uint8(np.array([[-0.5, 0.5, 1.5]])).tolist() == [[0, 128, 255]]
        assert to_uint8(every) is every

    def test_to_rgb(self) -> None:
        image = np.random.default_rng(0).random((8, 9, 5), np.float32)
        np.testing.assert_array_equal(to_rgb(image), image[..., :3])
        for grey in (image[..., 0], image[..., :1]):
            np.testing.assert_array_equal(to_rgb(grey), image[..., [0, 0, 0]])
        two = to_rgb(image[..., :2])
        np.testing.assert_allclose(two[..., 2], image[..., :2].mean(axis=2), rtol=1e-6)
        assert two.dtype == np.float32


def test_flat_is_less_than_a_level_of_16_bits() -> None:
    image = np.full((9, 9, 2), 0.5, np.float32)
    assert is_flat(image)
    image[3, 3, 1] += 1 / 65535
    assert not is_flat(image)
