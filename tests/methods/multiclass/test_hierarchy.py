from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from segprior.callbacks import Event
from segprior.config.prior import PriorConfig
from segprior.errors import Cancelled, ConfigError, ImageError
from segprior.image.noise import blur
from segprior.methods.multiclass.api import segment
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.hierarchy import (
    chosen_cut,
    grow,
    hidden_features,
    segment_hierarchy,
)
from segprior.methods.multiclass.levels import Hierarchy
from segprior.prior.prior import fit_prior
from segprior.regions.label_map import pieces

TINY: dict[str, Any] = {"members": 1, "edges": "prior"}


def scene(shape: tuple[int, int] = (60, 84), seed: int = 0) -> NDArray[np.uint8]:
    """Sky, ground and a box, with a little noise."""
    image = np.empty((*shape, 3))
    image[:] = (90, 140, 220)
    image[shape[0] // 2 :] = (60, 120, 40)
    image[15:45, 30:60] = (210, 60, 50)
    noise = np.random.default_rng(seed).integers(-12, 13, image.shape)
    return (image + noise).astype(np.uint8)


def busy(shape: tuple[int, int] = (60, 84)) -> NDArray[np.float32]:
    """Tiles with noise in them, among which there is something to merge at all costs."""
    random = np.random.default_rng(1)
    tiles = random.random((-(-shape[0] // 6), -(-shape[1] // 6), 3))
    image = np.kron(tiles, np.ones((6, 6, 1)))[: shape[0], : shape[1]]
    return np.clip(image + random.normal(0, 0.05, image.shape), 0, 1).astype(np.float32)


def nested(fine: NDArray[Any], coarse: NDArray[Any]) -> bool:
    pairs = {(a, b) for a, b in zip(fine.flat, coarse.flat, strict=True)}
    return len(pairs) == len(np.unique(fine))


def overlap(labels: NDArray[Any], part: NDArray[np.bool_]) -> float:
    return float(
        max(
            ((labels == label) & part).sum() / ((labels == label) | part).sum()
            for label in np.unique(labels)
        )
    )


@pytest.mark.parametrize("options", [{"edges": "image"}, TINY], ids=["image", "prior"])
def test_the_regions_of_a_scene_are_found(options: dict[str, Any]) -> None:
    found = segment(scene(), **options)
    box = np.zeros((60, 84), bool)
    box[15:45, 30:60] = True
    rows = np.arange(60)[:, None] >= 30
    for part in (box, ~box & rows, ~box & ~rows):
        assert overlap(found.labels, part) > 0.9
    assert found.n_labels == 3


def test_cuts_are_nested_and_boundaries_are_those_of_all_cuts() -> None:
    found = segment_hierarchy(busy(), edges="image", working_size=40)
    assert found.regions.shape == (60, 84)
    finer = found.cut(n_segments=found.n_regions)
    edges = found.ucm()
    for count in (40, 25, 12, 5, 2, 1):
        cost = float(found.costs[found.n_regions - count - 1])
        coarser = found.cut(n_segments=count)
        assert coarser.dtype == np.int32
        assert np.unique(coarser).tolist() == list(range(1, count + 1))
        assert (np.diff(np.bincount(coarser.ravel())[1:]) <= 0).all()
        assert nested(finer, coarser)
        by_cost = found.cut(cost=cost)
        assert by_cost.max() == found.count(cost=cost) <= count
        there = np.zeros(edges.shape, bool)
        there[:-1] |= by_cost[:-1] != by_cost[1:]
        there[:, :-1] |= by_cost[:, :-1] != by_cost[:, 1:]
        np.testing.assert_array_equal(edges > cost, there)
        finer = coarser


def test_coarser_is_fewer() -> None:
    found = segment_hierarchy(busy((96, 128)), edges="image")
    counts = [found.count(coarseness=c) for c in np.linspace(0, 1, 9)]
    assert counts[0] > counts[4] > counts[-1]
    assert counts == sorted(counts, reverse=True)
    costs = [found.cost(c) for c in np.linspace(0, 1, 21)]
    assert costs == sorted(costs)
    assert tuple(costs[::10]) == pytest.approx(found.levels)


def test_a_segmentation_is_a_cut() -> None:
    levels = segment_hierarchy(busy(), edges="image")
    for coarseness in (0.0, 0.5, 1.0):
        found = segment(busy(), edges="image", coarseness=coarseness)
        np.testing.assert_array_equal(found.labels, levels.cut(coarseness=coarseness))
        cost = levels.cost(coarseness)
        sure = levels.confidence(found.n_labels, cost)
        np.testing.assert_array_equal(found.confidence, sure)
        assert found.score == pytest.approx(sure.mean(dtype=float))
        assert found.evidence == {
            "regions": levels.n_regions, "found": found.n_labels, "cost": cost, "prior": 0,
        }  # fmt: skip
        assert found.curves == {}


def test_confidence_says_at_which_coarser_level_a_segment_goes() -> None:
    levels = segment_hierarchy(busy(), edges="image")
    cost = float(levels.costs[-12])
    count = levels.count(cost=cost)
    labels, sure = levels.cut(cost=cost), levels.confidence(count, cost)
    assert 0 <= sure.min() <= sure.max() < 1
    for label in range(1, count + 1):
        part = labels == label
        (value,) = np.unique(sure[part])
        following = cost / (1 - value)
        for factor, still in ((0.999, True), (1.001, False)):
            later = levels.cut(cost=following * factor)
            assert ((later == later[part][0]).sum() == part.sum()) == still
    assert levels.confidence(1).min() == 1


def test_numbers_of_classes() -> None:
    image = busy()
    free = segment(image, edges="image")
    assert free.n_labels > 6
    for classes in (1, 2, 7, free.n_labels + 3):
        assert segment(image, edges="image", classes=classes).n_labels == classes
    assert segment(image, edges="image", max_classes=4).n_labels == 4
    assert segment(image, edges="image", min_classes=50).n_labels == 50
    loose = segment(image, edges="image", min_classes=2, max_classes=10**6)
    np.testing.assert_array_equal(loose.labels, free.labels)
    assert free.evidence["found"] == free.n_labels
    with pytest.raises(ImageError, match=r"found \d+ regions, not the 5000 classes"):
        segment(image, edges="image", classes=5000)
    exact = segment(image, edges="image", classes=5, min_size=10_000, connected=False)
    assert exact.n_labels == 5
    coarse = segment(image, edges="image", min_size=60, connected=True)
    assert np.bincount(coarse.labels.ravel())[1:].min() >= 60


def test_same_seed_same_bytes_and_another_is_another() -> None:
    one, again, other = (segment_hierarchy(busy(), rng=seed, **TINY) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.regions, again.regions)
    np.testing.assert_array_equal(one.merges, again.merges)
    np.testing.assert_array_equal(one.costs, again.costs)
    assert one.n_regions != other.n_regions or (one.costs != other.costs).any()


def test_same_bytes_on_one_thread_and_on_two(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for threads in (1, 2):
        monkeypatch.setenv("OMP_NUM_THREADS", str(threads))
        with threadpool_limits(threads):
            levels = segment_hierarchy(busy((120, 160)))
        found.append([of.tobytes() for of in (levels.regions, levels.merges, levels.costs)])
    assert levels.n_regions > 64  # so many that only the leading eigenvectors are sought
    assert found[0] == found[1]


def test_the_type_of_the_numbers_does_not_matter() -> None:
    small = segment(scene(), edges="image")
    for image in (scene().astype(np.uint16) * 257, scene().astype(np.float64) / 255):
        np.testing.assert_array_equal(segment(image, edges="image").labels, small.labels)


@pytest.mark.parametrize("bands", [1, 2, 5, 20])
def test_any_number_of_bands(bands: int) -> None:
    image = np.full((40, 56), 0.2)
    image[10:30, 12:40] = 0.8
    stack = np.stack([image * (1 - 0.03 * band) for band in range(bands)], -1)
    found = segment(stack, **TINY)
    assert found.n_labels == 2
    assert overlap(found.labels, image > 0.5) > 0.9
    moved = segment(np.moveaxis(stack, -1, 0), channel_axis=0, **TINY)
    np.testing.assert_array_equal(found.labels, moved.labels)


@pytest.mark.filterwarnings("ignore::segprior.EmptyResultWarning")
@pytest.mark.filterwarnings("ignore::segprior.errors.InputWarning")  # few of their values are used
@pytest.mark.parametrize("edges", ["prior", "image"])
def test_odd_images_stay_sane(edges: str) -> None:
    options: dict[str, Any] = {"edges": edges}
    flat = np.full((20, 24, 3), 9, np.uint8)
    levels = segment_hierarchy(flat, **options)
    assert (levels.n_regions, levels.cut(coarseness=0).max()) == (1, 1)
    assert segment(flat, **options).n_labels == 1
    halves = np.full((48, 64, 3), 90, np.uint8)
    halves[:, 32:] = 93
    found = segment(halves, **options)
    assert found.n_labels == 2
    assert overlap(found.labels, halves[..., 0] > 90) > 0.95
    assert found.score > 0.1
    tiny = np.full((64, 96, 3), 60, np.uint8)
    tiny[30:36, 40:46] = 220
    found = segment(tiny, **options)
    assert 2 <= found.n_labels <= (4 if edges == "prior" else 2)
    assert overlap(found.labels, tiny[..., 0] > 60) > 0.7
    ramp = np.repeat(np.linspace(0, 1, 96)[None], 64, 0)
    assert segment(ramp, channel_axis=None, **options).n_labels < 6
    noise = 0.5 + 0.1 * np.random.default_rng(0).normal(size=(64, 96, 3))
    assert segment(np.clip(noise, 0, 1), **options).n_labels < 6
    small = np.random.default_rng(0).random((8, 9))
    assert 1 <= segment(small, channel_axis=None, **options).n_labels <= 30


def test_a_prior_can_be_brought_along(tmp_path: Path) -> None:
    config = SegmentConfig.preset(**TINY)
    prior = fit_prior(scene(), config=config.prior)
    found = segment(scene(), config=config)
    assert segment(scene(), members=1).evidence["prior"] == 0
    again = segment(scene(), prior=type(prior).load(prior.save(tmp_path / "prior.npz")))
    np.testing.assert_array_equal(found.labels, again.labels)
    np.testing.assert_array_equal(found.confidence, again.confidence)
    assert again.config.prior == prior.config


def test_a_prior_that_cannot_be_used() -> None:
    bare = fit_prior(scene(), members=1, iterations=2)
    with pytest.raises(ConfigError, match=r"features=\[\('up2', 2\), \('up3', 2\)\]"):
        segment(scene(), prior=bare)
    with pytest.raises(ConfigError, match="edges='image', which have no use for it"):
        segment(scene(), prior=bare, edges="image")
    with pytest.raises(ConfigError, match="for one of shape"):
        segment_hierarchy(busy((30, 30)), prior=bare)


def test_events_of_the_prior_come_through() -> None:
    heard: list[Event] = []
    segment_hierarchy(scene(), callback=heard.append, **TINY)
    assert {event.stage for event in heard} == {"prior"}
    assert len(heard) == 50

    def cancel(event: Event) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        segment(scene(), callback=cancel, **TINY)


def test_other_methods_have_no_levels() -> None:
    with pytest.raises(ConfigError, match="method='continuity', which has no levels"):
        segment_hierarchy(scene(), method="continuity")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({}, "pass one of"),
        ({"cost": 1.0, "n_segments": 2}, "pass one of"),
        ({"n_segments": 0}, "got n_segments=0"),
        ({"n_segments": 10**6}, "regions; pass a whole number from 1"),
        ({"coarseness": 1.01}, "got coarseness=1.01"),
    ],
)
def test_cuts_that_cannot_be(options: dict[str, Any], match: str) -> None:
    found = segment_hierarchy(scene(), edges="image")
    with pytest.raises(ConfigError, match=match):
        found.cut(**options)


def test_the_cut_of_the_configuration() -> None:
    found = segment_hierarchy(busy(), edges="image", classes=9)
    assert isinstance(found, Hierarchy)
    assert chosen_cut(found, found.config) == (9, found.costs[found.n_regions - 10])
    whole = segment_hierarchy(busy(), edges="image", min_classes=found.n_regions)
    assert chosen_cut(whole, whole.config)[1] == 0


def test_a_noisy_image_is_blurred_and_no_prior_fitted_unasked() -> None:
    clean = np.full((64, 80, 3), 0.3, np.float32)
    clean[20:44, 24:56] = (0.7, 0.4, 0.3)
    noise = np.random.default_rng(0).normal(0, 0.12, clean.shape)
    noisy = np.clip(clean + noise, 0, 1).astype(np.float32)
    alone = segment_hierarchy(noisy)
    assert alone.edges == "image"
    assert segment(noisy).evidence["prior"] == 0
    assert segment(noisy, **TINY).evidence["prior"] == 1
    blurred = segment_hierarchy(blur(noisy, 1.5), edges="image")
    np.testing.assert_array_equal(alone.regions, blurred.regions)


def test_regions_are_connected_and_have_no_gaps() -> None:
    image = np.random.default_rng(0).random((40, 50, 3), np.float32)
    regions, merges, costs = grow(image, None, 0)
    assert np.unique(regions).tolist() == list(range(len(merges) + 1))
    assert pieces(regions).max() == regions.max()
    assert len(costs) == len(merges)


def test_the_prior_and_the_weights_count() -> None:
    image = np.random.default_rng(0).random((40, 50, 3), np.float32)
    config = SegmentConfig(prior=PriorConfig(members=1, iterations=3))
    prior = fit_prior(image, config=config.prior)
    plain, helped, other = (
        grow(image, None, 0), grow(image, prior, 0), grow(image, None, 0, texture=0.0),
    )  # fmt: skip
    assert plain[0].max() != helped[0].max() or (plain[0] != helped[0]).any()
    np.testing.assert_array_equal(plain[0], other[0])
    assert (plain[2] != other[2]).any()


def test_what_is_asked_of_a_prior_depends_on_the_method() -> None:
    image = np.random.default_rng(0).random((16, 20, 3), np.float32)
    prior = fit_prior(image, members=1, iterations=2)
    assert SegmentConfig.preset("backprop").with_prior(prior, image.shape).prior == prior.config
    with pytest.raises(ConfigError, match="without hidden features"):
        SegmentConfig().with_prior(prior, image.shape)
    full = fit_prior(image, members=1, iterations=2, features=hidden_features(prior.config))
    assert SegmentConfig().with_prior(full, image.shape).prior == full.config
    with pytest.raises(ConfigError, match="superpixels='none'"):
        SegmentConfig.preset("backprop", superpixels="none").with_prior(full, image.shape)
