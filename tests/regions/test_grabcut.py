from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.regions.grabcut import as_picture, cut, inside


def scene(seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """An object off the middle on a ground of another colour, with noise."""
    truth = np.zeros((48, 64), bool)
    truth[12:34, 20:50] = True
    colours = np.array([[60, 90, 150], [200, 120, 60]])[truth.astype(int)]
    noise = np.random.default_rng(seed).integers(-20, 21, colours.shape)
    return np.asarray(colours + noise, np.uint8), truth


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_a_picture_is_rgb_of_8_bits(channels: int) -> None:
    image = np.random.default_rng(0).random((9, 11, channels)).astype(np.float32)
    picture = as_picture(image)
    assert picture.shape == (9, 11, 3)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    if channels in (1, 3):
        np.testing.assert_array_equal(picture, np.rint(image * 255).repeat(3 // channels, 2))


def test_a_rectangle_has_a_pixel_at_least() -> None:
    assert inside((100, 200, 3), 0.1) == (slice(10, 90), slice(20, 180))
    assert inside((8, 8), 0.0) == (slice(0, 8), slice(0, 8))
    rows, columns = inside((1, 3), 0.49)
    assert rows.stop > rows.start
    assert columns.stop > columns.start


def test_the_object_is_cut_out_of_a_rectangle() -> None:
    picture, truth = scene()
    box = np.zeros(truth.shape, bool)
    box[5:43, 8:60] = True
    found = cut(picture, box, 0, ground=~box)
    assert found.dtype == bool
    assert (found & truth).sum() / (found | truth).sum() > 0.95
    assert not found[~box].any()


def test_a_guess_may_grow_where_the_ground_is_not_given() -> None:
    picture, truth = scene()
    guess = np.zeros(truth.shape, bool)
    guess[16:30, 24:40] = True
    grown = cut(picture, guess, 0)
    assert (grown & truth).sum() / (grown | truth).sum() > 0.95
    np.testing.assert_array_equal(cut(picture, guess, 0, ground=~guess) & ~guess, False)


@pytest.mark.parametrize("few", [0, 4])
def test_too_little_to_learn_from_changes_nothing(few: int) -> None:
    picture, truth = scene()
    likely = np.zeros(truth.shape, bool)
    likely.flat[:few] = True
    np.testing.assert_array_equal(cut(picture, likely, 0), likely)
    np.testing.assert_array_equal(cut(picture, ~likely, 0), ~likely)


def test_what_is_given_is_left_as_it_was() -> None:
    picture, truth = scene()
    before = picture.copy(), truth.copy()
    cut(picture, truth, 0, ground=~truth)
    np.testing.assert_array_equal(picture, before[0])
    np.testing.assert_array_equal(truth, before[1])


def test_a_seed_of_any_size_repeats() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    box = np.zeros((40, 40), bool)
    box[6:34, 6:34] = True
    for seed in (0, 2**31 + 5, 2**40):
        np.testing.assert_array_equal(cut(picture, box, seed), cut(picture, box, seed))
