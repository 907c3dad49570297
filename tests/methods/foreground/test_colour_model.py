from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.image.colour import as_colours
from segprior.methods.foreground.colour_model import RegionColours, describe_regions, likely_object
from segprior.regions.places import central, means


def scene(
    centre: tuple[int, int] = (32, 40), channels: int = 3
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """A disc on a ground, both textured, of different colours."""
    rows, columns = np.indices((64, 80))
    truth = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < 16**2
    colours = np.array([[0.2, 0.4, 0.6, 0.1, 0.5], [0.7, 0.5, 0.2, 0.8, 0.6]])[truth.astype(int)]
    noise = np.random.default_rng(0).normal(0, 0.04, colours.shape)
    image = np.clip(colours + noise, 0, 1).astype(np.float32)[..., :channels]
    return np.ascontiguousarray(image), truth


def patches_of(image: NDArray[np.float32], size: int = 4) -> NDArray[np.int64]:
    """Squares of a few pixels."""
    rows, columns = image.shape[:2]
    across = -(-columns // size)
    labels: NDArray[np.int64] = np.arange(rows)[:, None] // size * across
    return labels + np.arange(columns) // size


def near_centre(
    labels: NDArray[np.int64], regions: RegionColours, width: float, smoothness: float = 0.03
) -> NDArray[np.float64]:
    """Where the object is, if it is near the centre."""
    areas = np.bincount(labels.ravel()).astype(float)
    place = 0.03 + 0.57 * means(labels, central(labels.shape, width), areas)
    return likely_object(regions, place, smoothness=smoothness)[labels]


def iou(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return float((found & truth).sum() / (found | truth).sum())


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_patches_share_their_counts(channels: int) -> None:
    image, _ = scene(channels=channels)
    found = describe_regions(patches_of(image), as_colours(image), 0, n_colours=20)
    count = 16 * 20
    assert found.area.shape == (count,)
    assert found.area.mean() == pytest.approx(1)
    assert found.colours.shape[0] == count
    assert found.colours.shape[1] <= 20
    np.testing.assert_allclose(found.colours.sum(1), 1)


def test_neighbours_are_bound_where_their_edge_is_weak() -> None:
    image, truth = scene()
    found = describe_regions(patches_of(image), as_colours(image), 0)
    weights = found.affinity.toarray()
    np.testing.assert_allclose(weights, weights.T)
    assert (np.diag(weights) == 0).all()
    owner = np.array([truth[patches_of(image) == i].mean() for i in range(len(found.area))])
    same = weights[np.ix_(owner == 0, owner == 0)]
    between = weights[np.ix_(owner == 0, owner == 1)]
    assert same[same > 0].mean() > 2 * (between[between > 0].mean() if between.any() else 0)


@pytest.mark.parametrize("centre", [(32, 40), (26, 50)], ids=["in the middle", "off the middle"])
@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_an_object_near_the_centre_is_likely(centre: tuple[int, int], channels: int) -> None:
    image, truth = scene(centre, channels)
    patches = describe_regions(patches_of(image), as_colours(image), 0)
    likely = near_centre(patches_of(image), patches, 0.3)
    assert likely.shape == truth.shape
    assert 0 <= likely.min() <= likely.max() <= 1
    assert iou(likely > 0.5, truth) > 0.8


def test_smoothing_binds_what_no_edge_parts() -> None:
    image, truth = scene()
    patches = describe_regions(patches_of(image), as_colours(image), 0)
    rough = near_centre(patches_of(image), patches, 0.3, 0.0)
    smooth = near_centre(patches_of(image), patches, 0.3, 0.5)
    assert smooth[~truth].std() < rough[~truth].std()


def test_a_seed_repeats() -> None:
    image, _ = scene()
    first = describe_regions(patches_of(image), as_colours(image), 3)
    again = describe_regions(patches_of(image), as_colours(image), 3)
    np.testing.assert_array_equal(first.colours, again.colours)


def test_two_colours_are_two_typical_ones() -> None:
    image = np.zeros((32, 32, 3), np.float32)
    image[8:24, 8:24] = 1
    patches = describe_regions(patches_of(image), as_colours(image), 0)
    assert patches.colours.shape[1] == 2
    likely, truth = near_centre(patches_of(image), patches, 0.3), image[..., 0] > 0
    assert likely[truth].min() > likely[~truth].max()


def test_one_region_is_as_likely_everywhere() -> None:
    image, _ = scene()
    labels = np.zeros(image.shape[:2], np.int64)
    likely = near_centre(labels, describe_regions(labels, as_colours(image), 0), 0.3)
    assert likely.min() == likely.max()


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_the_smallest_image(channels: int) -> None:
    image = np.random.default_rng(0).random((8, 8, channels)).astype(np.float32)
    patches = patches_of(image)
    likely = near_centre(patches, describe_regions(patches, as_colours(image), 0), 0.22)
    assert likely.shape == (8, 8)
    assert np.isfinite(likely).all()
