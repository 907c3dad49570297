from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from segprior.errors import ConfigError
from segprior.methods.foreground.api import foreground
from segprior.methods.foreground.config import ForegroundConfig
from segprior.prior.prior import fit_prior
from tests.helpers.readings import blobs, iou, kind, textured


def square(place: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    truth = np.zeros((128, 128), bool)
    truth[place : place + 6, place : place + 6] = True
    return np.where(truth, 0.9, 0.2).astype(np.float32), truth


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_a_large_textured_object_is_read_as_one(channels: int) -> None:
    image, truth = textured(channels=channels)
    found = foreground(image)
    assert kind(found) == "object"
    assert iou(found.labels, truth) > 0.9
    assert found.score > 0.9
    assert found.confidence.dtype == np.float32
    assert 0 <= found.confidence.min() <= found.confidence.max() <= 1


@pytest.mark.parametrize("dark", [False, True], ids=["bright", "dark"])
def test_many_blobs_are_read_as_things(dark: bool) -> None:
    image, truth = blobs(dark)
    found = foreground(image, channel_axis=None)
    assert kind(found) == "things"
    assert iou(found.labels, truth) > 0.9
    assert found.score > 0.8


@pytest.mark.parametrize("place", [61, 20], ids=["in the middle", "in a corner"])
def test_a_small_square_is_found(place: int) -> None:
    image, truth = square(place)
    found = foreground(image, channel_axis=None)
    assert iou(found.labels, truth) > 0.8


def test_the_reading_can_be_asked_for() -> None:
    image, _ = textured()
    for reading, other in (("object", "separability"), ("things", "agreement")):
        found = foreground(image, reading=reading)
        assert kind(found) == reading
        assert other not in found.evidence
        assert "things" not in found.evidence
    both = foreground(image)
    assert {"agreement", "separability", "mixture", "frame", "things", "reading"} <= set(
        both.evidence
    )
    np.testing.assert_array_equal(both.labels, foreground(image, reading="object").labels)
    assert all(isinstance(value, float) for value in both.evidence.values())


def test_threads_do_not_change_a_byte() -> None:
    image = np.random.default_rng(0).random((70, 60, 3)).astype(np.float32)
    image[20:50, 15:45] *= np.float32(0.6)
    before = torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 2):
            torch.set_num_threads(threads)
            with threadpool_limits(limits=threads):
                found = [foreground(image, rng=5, reading=r) for r in ("object", "things")]
            results.append([(f.labels.tobytes(), f.confidence.tobytes(), f.score) for f in found])
    finally:
        torch.set_num_threads(before)
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("make", [textured, blobs])
def test_the_type_of_the_pixels_does_not_matter(make: Any) -> None:
    image = np.rint(make()[0] * 255).astype(np.uint8)
    axis = -1 if image.ndim == 3 else None
    expected = foreground(image, channel_axis=axis)
    for other in (image.astype(np.uint16) * np.uint16(257), image / np.float32(255), image / 255):
        found = foreground(other, channel_axis=axis)
        np.testing.assert_array_equal(found.labels, expected.labels)
        assert kind(found) == kind(expected)


def test_the_mask_has_the_size_of_the_image_and_a_smooth_boundary() -> None:
    image, truth = textured()
    large = image.repeat(8, 0).repeat(8, 1)
    found = foreground(large, reading="object")
    assert found.labels.shape == found.confidence.shape == large.shape[:2]
    assert iou(found.labels, truth.repeat(8, 0).repeat(8, 1)) > 0.9
    # Blocks of 2.5 pixels, which the vote is made on, would leave 256 different rows at most.
    assert len(np.unique(found.confidence)) > 100


@pytest.mark.parametrize("reading", ["auto", "object", "things"])
def test_an_image_of_one_colour_has_no_object(reading: str) -> None:
    found = foreground(np.full((64, 48, 3), 99, np.uint8), reading=reading)
    assert not found.labels.any()
    assert not found.confidence.any()
    assert found.score == 0


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("reading", ["auto", "object", "things"])
@pytest.mark.parametrize("shape", [(8, 8), (8, 60)])
def test_the_smallest_images(channels: int, reading: str, shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).random((*shape, channels))
    found = foreground(image, reading=reading)
    assert found.labels.shape == shape
    assert 0 <= found.confidence.min() <= found.confidence.max() <= 1
    assert 0 <= found.score <= 1


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("channels", [1, 3])
def test_noise_has_a_low_score(channels: int, seed: int) -> None:
    image = np.random.default_rng(seed).random((64, 64, channels))
    found = foreground(image, rng=seed)
    assert found.score < (0.6 if found.labels.any() else 1e-9)


def test_halves_are_told_apart() -> None:
    image = np.full((48, 64, 3), 0.2, np.float32)
    image[:, 40:] = 0.8
    found = foreground(image)
    assert kind(found) == "things"
    np.testing.assert_array_equal(found.labels, image[..., 0] > 0.5)


def test_a_gradient_is_told_with_little_confidence_in_the_whole() -> None:
    found = foreground(np.tile(np.linspace(0, 1, 96), (64, 1)), channel_axis=None)
    assert 0.2 < found.labels.mean() < 0.6
    assert found.score < 0.6


def test_a_prior_takes_the_place_of_the_image() -> None:
    image, truth = textured(64)
    prior = fit_prior(image, members=1, iterations=10, working_size=48)
    found = foreground(image, prior=prior)
    assert found.labels.shape == truth.shape
    assert found.config.prior == prior.config
    fitted = foreground(image, features="prior", members=1, iterations=10, working_size=48)
    np.testing.assert_array_equal(fitted.labels, found.labels)
    with pytest.raises(ConfigError, match="features='image'"):
        foreground(image, prior=prior, features="image")


def test_the_default_fits_no_prior() -> None:
    stages: list[str] = []
    found = foreground(textured(48)[0], callback=lambda event: stages.append(event.stage))
    assert stages == []
    assert found.config == ForegroundConfig()


def test_invert_specks_and_holes() -> None:
    image, truth = blobs()
    image[40:70, 40:70] = 0.8
    image[50:53, 50:53] = 0.1
    options: dict[str, Any] = {"channel_axis": None, "reading": "things"}
    plain = foreground(image, **options)
    inverted = foreground(image, invert=True, **options)
    np.testing.assert_array_equal(inverted.labels, 1 - plain.labels)
    np.testing.assert_array_equal(inverted.confidence, plain.confidence)
    large = foreground(image, min_size=200, fill_holes=True, **options)
    assert large.labels[51, 51] == 1
    assert not large.labels[:30].any()
    assert truth[:30].any()
    assert large.confidence[51, 51] == 0
