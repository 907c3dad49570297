from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from segprior.errors import ConfigError, ImageError
from segprior.io.image import as_image
from tests.helpers.written import encoded

ROWS, COLUMNS = 20, 30


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

    def test_arrays_do_not_say_what_is_alpha(self) -> None:
        array = np.zeros((16, 16, 4), np.uint8)
        assert as_image(array).shape == (16, 16, 4)
        assert np.all(as_image(array, alpha="composite", background=0.25) == 0.25)
