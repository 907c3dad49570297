from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.analysis.spectrum import compare_octaves, low_pass, power_spectrum, psnr, to_grey
from segprior.errors import ConfigError, ImageError

SHAPES = [(32, 32), (31, 47), (64, 20), (9, 96)]


def noise(shape: tuple[int, ...], seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).random(shape)


def wave(shape: tuple[int, int], down: float, across: float) -> NDArray[np.float64]:
    rows, columns = np.indices(shape)
    cosine: NDArray[np.float64] = np.cos(2 * np.pi * (down * rows + across * columns))
    return cosine


@pytest.mark.parametrize("shape", SHAPES)
def test_all_power_is_in_the_rings(shape: tuple[int, int]) -> None:
    image = noise(shape)
    found = power_spectrum(image)
    np.testing.assert_allclose((found.power * found.count).sum(), (image**2).mean())
    np.testing.assert_allclose(found.count.sum(), image.size)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_first_ring_is_the_mean_alone(shape: tuple[int, int]) -> None:
    image = noise(shape)
    found = power_spectrum(image)
    assert found.frequency[0] == 0
    assert found.count[0] == 1
    np.testing.assert_allclose(found.power[0], image.mean() ** 2)
    np.testing.assert_allclose(found.frequency[1], 1 / min(shape))


@pytest.mark.parametrize(("down", "across"), [(0.125, 0), (0, 0.125), (0.25, 0), (0, 0.25)])
def test_a_wave_is_at_its_frequency_whatever_the_aspect(down: float, across: float) -> None:
    for shape in ((32, 96), (96, 32)):
        found = power_spectrum(wave(shape, down, across))
        at = found.power.argmax()
        assert found.frequency[at] == pytest.approx(max(down, across))
        assert found.power[at] * found.count[at] == pytest.approx(0.5)


def test_white_noise_is_flat() -> None:
    found = power_spectrum(noise((120, 200)))
    inner = found.power[10:60]
    assert inner.std() < 0.2 * inner.mean()


def test_turning_an_image_changes_nothing() -> None:
    image = noise((24, 40))
    one, other = power_spectrum(image), power_spectrum(np.rot90(image))
    np.testing.assert_allclose(one.power, other.power)


def test_grey() -> None:
    red = np.zeros((4, 4, 3))
    red[..., 0] = 1
    assert to_grey(red)[0, 0] == pytest.approx(0.2989)
    assert to_grey(np.stack([np.zeros((4, 4)), np.ones((4, 4))], -1))[0, 0] == 0.5
    assert to_grey(np.ones((4, 4))).shape == (4, 4)
    with pytest.raises(ImageError, match=r"shape \(2, 2, 2, 2\)"):
        to_grey(np.ones((2, 2, 2, 2)))


def test_a_low_pass_keeps_what_is_below_on_both_axes() -> None:
    low, high = wave((40, 60), 0.05, 0.05), wave((40, 60), 0.05, 0.3)
    np.testing.assert_allclose(low_pass(low + high, 0.1), low, atol=1e-6)
    np.testing.assert_allclose(low_pass(high, 0.1), 0, atol=1e-6)
    colour = np.stack([low, high, low + 1], axis=-1)
    found = low_pass(colour, 0.1)
    assert found.shape == colour.shape
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[..., 2], low + 1, atol=1e-6)
    np.testing.assert_allclose(low_pass(colour, 1.0), colour, atol=1e-6)


def test_a_low_pass_needs_a_cutoff() -> None:
    with pytest.raises(ConfigError, match="cutoff=0"):
        low_pass(noise((8, 8)), 0)


def test_octaves_meet_and_reach_from_the_corners_to_the_lowest_frequency() -> None:
    found = compare_octaves(noise((32, 96)), noise((32, 96), 1))
    assert found[0].high == pytest.approx(0.5**0.5)
    assert [one.low for one in found[:-1]] == [one.high for one in found[1:]]
    assert found[-1].low < 1 / 96 <= found[-1].high


def test_an_image_keeps_all_of_itself_and_half_of_it_a_quarter() -> None:
    image = noise((32, 48))
    for one in compare_octaves(image, image):
        assert one.kept == pytest.approx(1)
        assert one.coherence == pytest.approx(1)
    for one in compare_octaves(image, 0.5 - 0.5 * image):
        assert one.kept == pytest.approx(0.25)
        assert one.coherence == pytest.approx(-1)


def test_octaves_tell_a_low_pass() -> None:
    image = noise((64, 64))
    found = compare_octaves(image, low_pass(image, 0.0625))
    assert found[1].kept < 1e-9
    assert np.isnan(found[1].coherence)
    assert found[-2].kept == pytest.approx(1)
    blank = compare_octaves(np.ones((16, 16)), np.ones((16, 16)))
    assert all(np.isnan(one.coherence) for one in blank)


def test_octaves_need_equal_sizes() -> None:
    with pytest.raises(ImageError, match="equal sizes"):
        compare_octaves(noise((8, 8)), noise((8, 9)))


def test_psnr() -> None:
    image = noise((8, 8))
    assert psnr(image, image) == float("inf")
    assert psnr(image, image + 0.1) == pytest.approx(20)
