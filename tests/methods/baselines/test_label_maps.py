from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import ConfigError
from segprior.methods.baselines import label_maps
from tests.helpers.scenes import INSIDE, square

REGIONS: list[Callable[[NDArray[np.float32]], NDArray[Any]]] = [
    lambda image: label_maps.felzenszwalb(image, sigma=0.2),
    lambda image: label_maps.slic(image, n_segments=200),
    lambda image: label_maps.kmeans(image, 0, k=2),
    lambda image: label_maps.kmeans(image, 0, k=2, window=3),
]


def agreement(labels: NDArray[Any]) -> float:
    """IoU of the square with the label of its middle."""
    found = labels == labels[20, 22]
    return float((found & INSIDE).sum() / (found | INSIDE).sum())


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("method", REGIONS)
def test_label_maps_start_at_1_and_find_the_square(
    method: Callable[[NDArray[np.float32]], NDArray[Any]], channels: int
) -> None:
    labels = method(square(channels))
    assert labels.shape == (40, 48)
    assert labels.min() == 1
    assert agreement(labels) > 0.75


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_quickshift_takes_any_number_of_channels(channels: int) -> None:
    labels = label_maps.quickshift(square(channels), 0)
    assert labels.min() == 1
    again = label_maps.quickshift(square(channels), 0)
    assert np.array_equal(labels, again)


def test_slic_merges_as_scikit_image_does() -> None:
    from skimage import graph, segmentation

    picture = np.random.default_rng(1).random((6, 8, 3)).astype(np.float32)
    picture = picture.repeat(8, 0).repeat(8, 1)
    found = segmentation.slic(picture, n_segments=60, compactness=30, start_label=0)
    theirs = graph.cut_threshold(found, graph.rag_mean_color(255 * picture, found), 90)
    ours = label_maps.slic(picture, n_segments=60, threshold=90)
    pairs = np.unique(np.stack([ours.ravel(), theirs.ravel()]), axis=1).shape[1]
    assert len(np.unique(ours)) == len(np.unique(theirs)) == pairs
    assert 1 < pairs < len(np.unique(found))


def test_blank_is_one_label() -> None:
    assert np.unique(label_maps.blank(square(), label=7)).tolist() == [7]


@pytest.mark.parametrize(
    "call",
    [
        lambda: label_maps.blank(square(), label=256),
        lambda: label_maps.kmeans(square(), 0, k=0),
        lambda: label_maps.kmeans(square(), 0, window=2),
        lambda: label_maps.kmeans(square(), 0, n_init=0),
    ],
)
def test_settings_out_of_range_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ConfigError, match="got "):
        call()
