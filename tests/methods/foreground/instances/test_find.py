from __future__ import annotations

import numpy as np
import pytest

from segprior.image.pyramid import Pyramid
from segprior.methods.foreground.instances.find import (
    find_things,
    level_of,
    tree_of,
    usual_area,
)
from segprior.metrics.instances import average_precision
from tests.helpers.things import discs


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("dark", [False, True])
def test_things_that_touch_are_parted(channels: int, dark: bool) -> None:
    image, truth = discs()
    image = np.repeat(image[..., :1], channels, axis=2)
    found = find_things(Pyramid(1 - image if dark else image), truth > 0)
    assert average_precision(truth, found.labels, 0.75) == 1
    assert found.labels.dtype == np.int32
    assert len(found.likely) == 7
    assert ((found.likely > 0) & (found.likely <= 1)).all()
    assert found.diameter == pytest.approx(20, abs=2)


def test_dim_things_beside_bright_ones_are_found() -> None:
    image, truth = discs(noise=0.005)
    image = np.where((truth == 2)[..., None], 0.1 + (image - 0.1) * 0.3, image)
    found = find_things(Pyramid(image.astype(np.float32)), truth > 0)
    assert average_precision(truth, found.labels, 0.5) == 1


def test_stain_is_told_from_its_ground_by_its_colour() -> None:
    light, truth = discs(noise=0.01)
    share = (light[..., :1] - 0.1) / 0.6
    image = (1 - share) * np.array([0.75, 0.6, 0.75]) + share * np.array([0.5, 0.75, 0.9])
    found = find_things(Pyramid(image.astype(np.float32)), truth > 0)
    assert average_precision(truth, found.labels, 0.5) == 1


def test_the_order_is_that_of_the_first_pixels() -> None:
    image, truth = discs()
    labels = find_things(Pyramid(image), truth > 0).labels
    first = [int(np.flatnonzero(labels == number)[0]) for number in range(1, 8)]
    assert first == sorted(first)


def test_the_diameter_decides_what_is_one_thing() -> None:
    # A chain of two, as one thing of 28 pixels or as two of 20.
    rows, columns = np.ogrid[:60, :80]
    distance = np.minimum(np.hypot(rows - 30, columns - 32), np.hypot(rows - 30, columns - 48))
    image = (0.1 + 0.7 * np.clip(10.5 - distance, 0, 1)).astype(np.float32)[..., None]
    small = find_things(Pyramid(image), image[..., 0] > 0.4, diameter=18)
    large = find_things(Pyramid(image), image[..., 0] > 0.4, diameter=32)
    assert (small.labels.max(), large.labels.max()) == (2, 1)
    assert (small.diameter, large.diameter) == pytest.approx((18, 32))


def test_things_below_the_least_size_are_dropped() -> None:
    image, truth = discs()
    assert find_things(Pyramid(image), truth > 0, min_size=1000).labels.max() == 0
    assert find_things(Pyramid(image), truth > 0, min_size=200).labels.max() == 7


def test_a_larger_image_is_reduced_and_its_labels_enlarged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("segprior.methods.foreground.instances.find.WORKING_SIZE", 160)
    small, numbers = discs(noise=0)
    image = small.repeat(2, axis=0).repeat(2, axis=1)
    truth = numbers.repeat(2, axis=0).repeat(2, axis=1)
    found = find_things(Pyramid(image), truth > 0, min_size=100)
    assert found.labels.shape == (240, 320)
    assert average_precision(truth, found.labels, 0.75) == 1
    assert found.diameter == pytest.approx(40, rel=0.1)
    assert found.labels.max() == 7
    assert find_things(Pyramid(image), truth > 0, min_size=4000).labels.max() == 0


def test_a_level_is_higher_in_the_mask_and_noise_is_blurred() -> None:
    image, truth = discs()
    level = level_of(1 - image, truth > 0)
    assert level.values[truth > 0].mean() > level.values[truth == 0].mean()
    noisy = level_of(discs(noise=0.3)[0], truth > 0)
    assert noisy.slope[50:70, 60:90].mean() < 0.1


def test_one_level_has_no_things() -> None:
    level = level_of(np.full((30, 40, 1), 0.5, np.float32), np.zeros((30, 40), bool))
    tree = tree_of(level)
    assert usual_area(tree) == 0
