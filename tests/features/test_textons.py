from __future__ import annotations

import numpy as np
import pytest

from segprior.features.textons import colour_words, texton_map


def test_words_tell_colour_and_roughness_apart() -> None:
    image = np.full((48, 96, 3), (50, 0, 0), np.float32)
    image[:, 32:64, 1] = 40
    image[:, 64:, 0] += np.random.default_rng(0).choice([-15, 15], (48, 32))
    found = texton_map(image, 0)
    parts = [set(found[:, part].ravel()) for part in (np.s_[:26], np.s_[38:58], np.s_[70:])]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    np.testing.assert_array_equal(found, texton_map(image, 0))
    assert found.max() < 48


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_few_different_pixels_are_words_of_their_own(channels: int) -> None:
    image = np.zeros((16, 16, channels), np.float32)
    image[3, 3] = 1
    found = texton_map(image, 0)
    assert found[3, 3] != found[15, 15]


def test_words_of_colour_do_not_tell_roughness() -> None:
    image = np.full((48, 96, 3), (50, 0, 0), np.float32)
    image[:, 32:64, 1] = 40
    image[:, 64:, 0] += np.random.default_rng(0).choice([-15, 0], (48, 32))
    found = colour_words(image, 0)
    assert not {*found[:, :32].ravel()} & {*found[:, 32:64].ravel()}
    assert {*found[:, :32].ravel()} <= {*found[:, 64:].ravel()}
    assert found.max() < 64
