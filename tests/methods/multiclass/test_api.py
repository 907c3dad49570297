from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from segprior.callbacks import Event
from segprior.errors import Cancelled, ConfigError, ImageError
from segprior.io.label_maps import read_labels
from segprior.methods.multiclass.api import segment
from segprior.methods.multiclass.config import SegmentConfig
from segprior.prior.prior import fit_prior
from segprior.regions.label_map import pieces
from segprior.result import Segmentation

QUICK: dict[str, Any] = {
    "preset": "backprop", "superpixels": "image", "n_superpixels": 150, "channels": 16,
    "iterations": 15,
}  # fmt: skip
NETWORK = {name: QUICK[name] for name in ("preset", "channels", "iterations")}
TINY: dict[str, Any] = {**QUICK, "superpixels": "prior", "members": 2, "iterations": 5}


def scene(shape: tuple[int, int] = (40, 56), seed: int = 0) -> NDArray[np.uint8]:
    """Sky, ground and a box, with a little noise."""
    image = np.empty((*shape, 3))
    image[:] = (90, 140, 220)
    image[shape[0] // 2 :] = (60, 120, 40)
    image[10:30, 20:40] = (210, 60, 50)
    noise = np.random.default_rng(seed).integers(-8, 9, image.shape)
    return (image + noise).astype(np.uint8)


def same(one: Segmentation, other: Segmentation) -> bool:
    return (
        np.array_equal(one.labels, other.labels)
        and np.array_equal(one.confidence, other.confidence)
        and one.curves.keys() == other.curves.keys()
        and all(np.array_equal(one.curves[name], other.curves[name]) for name in one.curves)
    )


@pytest.mark.parametrize("method", ["backprop", "continuity", "dynamic"])
def test_the_regions_of_a_scene_are_found(method: str) -> None:
    own = QUICK if method == "backprop" else NETWORK
    found = segment(scene(), **{**own, "iterations": 40}, method=method, classes=3)
    truth = np.zeros((40, 56), int)
    truth[20:] = 1
    truth[10:30, 20:40] = 2
    best = [
        max(
            ((found.labels == label) & (truth == k)).sum()
            / ((found.labels == label) | (truth == k)).sum()
            for label in (1, 2, 3)
        )
        for k in range(3)
    ]
    assert min(best) > 0.75


def test_the_result_is_as_documented() -> None:
    found = segment(scene(), **QUICK)
    sizes = np.bincount(found.labels.ravel())
    assert found.kind == "labels"
    assert found.labels.dtype == np.int32
    assert sizes[0] == 0
    assert (np.diff(sizes[1:]) <= 0).all()
    assert (sizes[1:] > 0).all()
    assert found.confidence.shape == (40, 56)
    assert 0 <= found.confidence.min() <= found.confidence.max() <= 1
    assert found.score == pytest.approx(found.confidence.mean(), rel=1e-5)
    assert len(found.curves["labels"]) == len(found.curves["loss"]) == 15
    assert found.evidence["iterations"] == 15
    assert found.evidence["found"] == found.n_labels
    assert found.evidence["superpixels"] > 50
    name, *fields = QUICK
    assert found.config == SegmentConfig.preset(QUICK[name], **{f: QUICK[f] for f in fields})


def test_same_seed_same_result_on_any_number_of_threads() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = segment(scene(), rng=3, **TINY)
        torch.set_num_threads(2)
        assert same(one, segment(scene(), rng=3, **TINY))
    finally:
        torch.set_num_threads(before)
    assert not same(one, segment(scene(), rng=4, **TINY))


@pytest.mark.parametrize("bands", [1, 2, 5, 20])
def test_any_number_of_bands(bands: int) -> None:
    image = np.resize(scene()[..., 0], (40, 56)).astype(np.float32) / 255
    stack = np.stack([image * (1 - 0.03 * band) for band in range(bands)], -1)
    found = segment(stack, **TINY)
    assert found.labels.shape == (40, 56)
    assert found.n_labels > 1
    moved = segment(np.moveaxis(stack, -1, 0), channel_axis=0, **TINY)
    assert same(found, moved)


def test_the_type_of_the_numbers_does_not_matter() -> None:
    image = scene()
    small = segment(image, **QUICK)
    assert same(small, segment(image.astype(np.uint16) * 257, **QUICK))


@pytest.mark.parametrize("classes", [1, 2, 4, 7])
def test_exactly_as_many_classes_as_asked_for(classes: int) -> None:
    found = segment(scene(), classes=classes, **QUICK)
    assert found.n_labels == found.labels.max() == classes
    small = segment(scene((80, 112)), classes=classes, working_size=24, **QUICK)
    assert small.n_labels == classes


def test_no_more_than_the_maximum() -> None:
    free = segment(scene(), **QUICK)
    assert free.n_labels > 4
    found = segment(scene(), max_classes=4, **QUICK)
    assert found.n_labels == 4
    assert found.evidence["found"] == free.n_labels
    # Joining takes away boundaries and adds none.
    assert len({(a, b) for a, b in zip(free.labels.flat, found.labels.flat, strict=True)}) == (
        free.n_labels
    )


@pytest.mark.filterwarnings("ignore::segprior.EmptyResultWarning")
def test_too_many_classes_are_an_error_not_fewer_classes() -> None:
    with pytest.raises(ImageError, match=r"found \d+ classes, not the 100 asked for"):
        segment(scene((16, 16)), preset="backprop", classes=100, superpixels="image", iterations=1)
    flat = np.full((24, 24, 3), 7, np.uint8)
    for preset in ("fast", "backprop"):
        with pytest.raises(ImageError, match="one colour has one class, not the 2"):
            segment(flat, preset=preset, classes=2)
        blank = segment(flat, preset=preset)
        assert blank.n_labels == 1
        assert blank.score == 0


def test_pieces_can_be_labels_and_specks_absorbed() -> None:
    plain = segment(scene(), **QUICK)
    apart = segment(scene(), connected=True, **QUICK)
    assert apart.n_labels == len(np.unique(pieces(plain.labels))) >= plain.n_labels
    cleaned = segment(scene(), connected=True, min_size=30, **QUICK)
    assert np.bincount(cleaned.labels.ravel())[1:].min() >= 30
    exact = segment(scene(), classes=5, min_size=10_000, **QUICK)
    assert exact.n_labels == 5


def test_a_prior_can_be_brought_along(tmp_path: Path) -> None:
    prior = fit_prior(scene(), members=2)
    found = segment(scene(), **TINY)
    assert same(found, segment(scene(), prior=prior, **{**TINY, "members": 2}))
    loaded = type(prior).load(prior.save(tmp_path / "prior.npz"))
    again = segment(scene(), prior=loaded, **TINY)
    assert same(found, again)
    assert again.config.prior == prior.config


def test_superpixels_of_the_prior_are_not_those_of_the_image() -> None:
    assert not same(segment(scene(), **TINY), segment(scene(), **{**TINY, "superpixels": "image"}))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"method": "continuity"}, "no use for it"),
        ({"superpixels": "image"}, "no use for it"),
        ({}, "for one of shape"),
    ],
)
def test_a_prior_that_does_not_fit(options: dict[str, Any], match: str) -> None:
    other = fit_prior(scene((24, 24)), members=1, iterations=1)
    with pytest.raises(ConfigError, match=match):
        segment(scene(), prior=other, **{"preset": "backprop", **options})


def test_scribbles_name_the_classes() -> None:
    points = [(5, 5, 7), (35, 5, 2), (20, 30, 4)]
    options = {**NETWORK, "iterations": 40, "method": "continuity", "continuity": 1.0}
    found = segment(scene(), scribbles=points, classes=3, **options)
    assert set(np.unique(found.labels)) == {2, 4, 7}
    assert [found.labels[row, column] for row, column, _ in points] == [7, 2, 4]
    more = segment(scene(), scribbles=points[:1], **options)
    assert more.labels[5, 5] == 7
    assert 1 in more.labels


def test_scribbles_need_room() -> None:
    points = [(5, 5, 7), (35, 5, 2), (20, 30, 4)]
    with pytest.raises(ConfigError, match="scribbles of 3 labels for at most 2 classes"):
        segment(scene(), scribbles=points, classes=2, **QUICK)


def test_published_settings_run() -> None:
    found = segment(
        scene((24, 32)), preset="published", iterations=3, warmup=2, members=2, n_superpixels=60
    )
    assert found.config.prior.shared_noise
    assert len(found.curves["loss"]) == 5


def test_events_of_both_stages() -> None:
    stages: list[str] = []

    def listen(event: Event) -> bool:
        stages.append(event.stage)
        return event.stage == "segment" and event.iteration == 2

    found = segment(scene(), callback=listen, **TINY)
    assert stages[0] == "prior"
    assert stages[-2:] == ["segment"] * 2
    assert len(found.curves["loss"]) == 2

    def cancel(event: Event) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        segment(scene(), callback=cancel, **QUICK)


def test_labels_are_read_back(tmp_path: Path) -> None:
    found = segment(scene(), **QUICK)
    for suffix in (".png", ".tif", ".npy"):
        np.testing.assert_array_equal(
            read_labels(found.save(tmp_path / f"x{suffix}")), found.labels
        )


def test_contours_follow_the_edges_of_the_full_image() -> None:
    rows, columns = np.ogrid[:960, :1280]
    turn = np.arctan2(rows - 470, columns - 650)
    truth = np.hypot(rows - 470, columns - 650) < 250 + 60 * np.sin(7 * turn)
    rng = np.random.default_rng(0)
    image = np.where(truth[..., None], (190, 90, 60), (70, 90, 110)) + rng.normal(
        0, 3, (960, 1280, 3)
    )
    found = segment(image.astype(np.uint8), classes=2).labels == 2
    assert np.count_nonzero(found != truth) < 500
