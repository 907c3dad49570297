from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import ConfigError
from segprior.methods.baselines import label_maps as baselines
from segprior.methods.baselines import masks as baseline_masks


def image(channels: int = 3) -> NDArray[np.float32]:
    """A light square left of the middle on a dark ground with a little texture."""
    values = np.random.default_rng(0).normal(0.2, 0.01, (40, 48, channels))
    values[12:28, 14:30] += 0.6
    return values.clip(0, 1).astype(np.float32)


INSIDE = np.zeros((40, 48), bool)
INSIDE[12:28, 14:30] = True

REGIONS: list[Callable[[NDArray[np.float32]], NDArray[Any]]] = [
    lambda image: baselines.felzenszwalb(image, sigma=0.2),
    lambda image: baselines.slic(image, n_segments=200),
    lambda image: baselines.kmeans(image, 0, k=2),
    lambda image: baselines.kmeans(image, 0, k=2, window=3),
]
MASKS: list[Callable[[NDArray[np.float32]], NDArray[Any]]] = [
    baseline_masks.otsu,
    lambda image: baseline_masks.kmeans_mask(image, 0),
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
    labels = method(image(channels))
    assert labels.shape == (40, 48)
    assert labels.min() == 1
    assert agreement(labels) > 0.75


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_quickshift_takes_any_number_of_channels(channels: int) -> None:
    labels = baselines.quickshift(image(channels), 0)
    assert labels.min() == 1
    again = baselines.quickshift(image(channels), 0)
    assert np.array_equal(labels, again)


def test_slic_merges_as_scikit_image_does() -> None:
    from skimage import graph, segmentation

    picture = np.random.default_rng(1).random((6, 8, 3)).astype(np.float32)
    picture = picture.repeat(8, 0).repeat(8, 1)
    found = segmentation.slic(picture, n_segments=60, compactness=30, start_label=0)
    theirs = graph.cut_threshold(found, graph.rag_mean_color(255 * picture, found), 90)
    ours = baselines.slic(picture, n_segments=60, threshold=90)
    pairs = np.unique(np.stack([ours.ravel(), theirs.ravel()]), axis=1).shape[1]
    assert len(np.unique(ours)) == len(np.unique(theirs)) == pairs
    assert 1 < pairs < len(np.unique(found))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("method", MASKS)
@pytest.mark.parametrize("inverted", [False, True])
def test_masks_find_the_object_whether_light_or_dark(
    method: Callable[[NDArray[np.float32]], NDArray[Any]], channels: int, inverted: bool
) -> None:
    picture = 1 - image(channels) if inverted else image(channels)
    assert np.mean(method(picture) == INSIDE) > 0.98


@pytest.mark.parametrize("method", MASKS)
def test_one_colour_has_no_object(
    method: Callable[[NDArray[np.float32]], NDArray[Any]],
) -> None:
    assert not method(np.full((16, 16, 3), 0.5, np.float32)).any()


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_grabcut_cuts_the_object_out_of_its_rectangle(channels: int) -> None:
    pytest.importorskip("cv2")
    mask = baseline_masks.grabcut(image(channels), 0)
    assert (mask.astype(bool) & INSIDE).sum() / (mask.astype(bool) | INSIDE).sum() > 0.9
    assert np.array_equal(mask, baseline_masks.grabcut(image(channels), 0))


def test_the_rectangle_is_inset_on_each_side() -> None:
    mask = baseline_masks.rectangle(np.zeros((50, 100, 3), np.float32), inset=0.1)
    assert mask.sum() == 40 * 80
    assert mask[5, 10] == 1
    assert mask[4, 10] == mask[5, 9] == mask[45, 50] == mask[25, 90] == 0


def test_blank_is_one_label() -> None:
    assert np.unique(baselines.blank(image(), label=7)).tolist() == [7]


@pytest.mark.parametrize(
    "call",
    [
        lambda: baselines.blank(image(), label=256),
        lambda: baselines.kmeans(image(), 0, k=0),
        lambda: baselines.kmeans(image(), 0, window=2),
        lambda: baselines.kmeans(image(), 0, n_init=0),
        lambda: baseline_masks.kmeans_mask(image(), 0, k=1),
        lambda: baseline_masks.rectangle(image(), inset=0.5),
        lambda: baseline_masks.rectangle(image(), inset=-0.1),
    ],
)
def test_settings_out_of_range_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ConfigError, match="got "):
        call()
