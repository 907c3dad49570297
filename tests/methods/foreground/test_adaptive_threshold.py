from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from segprior.methods.foreground.adaptive_threshold import read_things
from tests.helpers.readings import blobs, iou


@pytest.mark.parametrize("dark", [False, True], ids=["bright", "dark"])
def test_the_levels_of_things_follow_uneven_light(dark: bool) -> None:
    image, truth = blobs(dark)
    light = np.linspace(0.4, 1, 96, dtype=np.float32)[:, None]
    found = read_things((image * light)[..., None])
    assert found.sign == (-1 if dark else 1)
    assert found.levels is not None
    assert found.levels.shape == (2, 96, 96)
    assert (found.levels[0] < found.levels[1]).all()
    assert 0 <= found.share.min() <= found.share.max() <= 1
    assert iou(found.share > 0.5, truth) > 0.85


def test_channels_that_add_up_to_one_grey_are_told_by_their_mixture() -> None:
    image = np.zeros((32, 32, 3), np.float32)
    image[..., 0], image[..., 1] = 0.5, 0.25
    image[8:24, 8:24, :2] = (0.25, 0.5)
    found = read_things(image)
    assert found.axis is not None
    assert found.axis.weights is not None
    assert iou(found.share > 0.5, image[..., 1] > 0.3) > 0.9


@pytest.mark.parametrize("gain", [1.0, 0.05])
def test_gain_and_offset_change_no_pixel(gain: float) -> None:
    rows, columns = np.indices((96, 96))
    image = 0.2 + 0.5 * (((rows // 8 + columns // 8) % 4 == 0)[..., None]).astype(np.float32)
    image += np.random.default_rng(0).normal(0, 0.02, image.shape).astype(np.float32)
    one, other = (
        read_things(of.astype(np.float32)).share > 0.5 for of in (image, gain * image + 0.1)
    )
    assert (one != other).mean() < 1e-3


@pytest.mark.parametrize("rim", [6, 12])
def test_what_holds_the_border_is_ground_however_small(rim: int) -> None:
    picture = np.full((128, 128, 3), 0.1, np.float32)
    picture[rim:-rim, rim:-rim] = 0.8
    mask = read_things(picture).share > 0.5
    assert mask[64, 64]
    assert not mask[2, 64]


def cells(dark: bool) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Ragged cells on a plain ground, a round nucleus in each."""
    draw = np.random.default_rng(1)
    shape = (240, 240)
    rows, columns = np.indices(shape)
    ground, cell, nucleus = (0.9, 0.6, 0.25) if dark else (0.1, 0.3, 0.9)
    level = np.full(shape, ground)
    nuclei = np.zeros(shape, bool)
    for row in range(30, 240, 60):
        for column in range(30, 240, 60):
            for turn in draw.random(5) * np.pi:
                down = (rows - row) * np.cos(turn) + (columns - column) * np.sin(turn)
                right = (columns - column) * np.cos(turn) - (rows - row) * np.sin(turn)
                level[(np.abs(down) < 3) & (np.abs(right) < 26)] = cell
            nuclei |= (rows - row) ** 2 + (columns - column) ** 2 < 25
    level[nuclei] = nucleus
    level = ndimage.gaussian_filter(level, 0.7) + draw.normal(0, 0.01, shape)
    return np.repeat(np.clip(level, 0, 1)[..., None], 3, axis=2).astype(np.float32), nuclei


@pytest.mark.parametrize("dark", [False, True])
def test_things_in_ragged_things_are_found(dark: bool) -> None:
    picture, nuclei = cells(dark)
    found = read_things(picture)
    assert found.evidence["nested"] == 1
    assert iou(found.share > 0.5, nuclei) > 0.75


def test_things_with_a_bright_core_stay_whole() -> None:
    rows, columns = np.indices((120, 120)) - 60
    far = np.hypot(rows, columns)
    picture = np.where(far < 8, 0.9, np.where(far < 24, 0.3, 0.1))
    found = read_things(np.repeat(picture[..., None], 3, axis=2).astype(np.float32))
    assert found.evidence["nested"] == 0
    assert found.share[60, 60] > 0.5
