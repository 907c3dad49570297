from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.regions.label_map import (
    absorb,
    by_area,
    drop_specks,
    fill_holes,
    join,
    pieces,
    ranks,
)


def stripes(*widths: int) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(widths)), widths)[None].repeat(12, 0)


def coloured(labels: NDArray[Any], *greys: float) -> NDArray[np.float32]:
    image: NDArray[np.float32] = np.array(greys, np.float32)[labels][..., None]
    return image


def test_the_most_similar_are_joined_first() -> None:
    labels = stripes(10, 10, 10, 10)
    image = coloured(labels, 0.0, 0.5, 0.1, 1.0)
    assert join(labels, image, 3).tolist() == [0, 1, 0, 2]
    assert join(labels, image, 2).tolist() == [0, 1, 0, 1]
    assert join(labels, image, 4).tolist() == [0, 1, 2, 3]
    assert join(labels, image, 1).tolist() == [0, 0, 0, 0]


def test_small_classes_are_joined_before_large_ones() -> None:
    labels = stripes(30, 30, 1)
    image = coloured(labels, 0.0, 0.3, 0.7)
    assert join(labels, image, 2).tolist() == [0, 1, 1]


def test_kept_classes_are_not_joined_with_each_other() -> None:
    labels = stripes(10, 10, 10)
    image = coloured(labels, 0.0, 0.1, 1.0)
    assert join(labels, image, 2, keep=2).tolist() == [0, 1, 1]


def test_pieces_connect_by_sides_only() -> None:
    labels = np.eye(4, dtype=int)
    assert pieces(labels).max() + 1 == 6
    assert pieces(np.zeros((3, 3), int)).max() == 0


def test_specks_go_to_their_most_similar_neighbour() -> None:
    labels = stripes(10, 2, 10)
    labels[5, 3] = 2
    image = coloured(labels, 0.0, 0.8, 1.0)
    found = absorb(labels, image, 30)
    np.testing.assert_array_equal(found, np.where(stripes(10, 2, 10) == 0, 0, 2))
    np.testing.assert_array_equal(absorb(labels, image, 1), labels)


def test_specks_among_specks_end_up_somewhere() -> None:
    labels = np.random.default_rng(0).integers(0, 5, (20, 24))
    image = coloured(labels, 0.0, 0.2, 0.4, 0.6, 0.8)
    sizes = np.bincount(pieces(absorb(labels, image, 40)).ravel())
    assert sizes.min() >= 40 or len(sizes) == 1


def test_no_class_is_lost_where_all_are_to_be_kept() -> None:
    labels = stripes(10, 1, 10)
    image = coloured(labels, 0.0, 0.8, 1.0)
    assert len(np.unique(absorb(labels, image, 50))) == 2
    assert len(np.unique(absorb(labels, image, 50, keep_classes=True))) == 3


@pytest.mark.parametrize("widths", [(3, 9, 5), (5, 5, 5)])
def test_labels_are_sorted_by_area(widths: tuple[int, ...]) -> None:
    found = by_area(stripes(*widths) + 7)
    sizes = np.bincount(found.ravel())[1:]
    assert sorted(sizes, reverse=True) == list(sizes)
    assert found.min() == 1
    assert len(sizes) == 3


@pytest.mark.parametrize("step", [1, 1000, -7, 2**40])
def test_numbers_far_apart_are_sorted_too(step: int) -> None:
    labels = np.random.default_rng(0).integers(0, 9, (12, 15))
    order = np.argsort(-np.bincount(labels.ravel()), kind="stable")
    if step < 0:  # of equal areas the lower number is the first
        order = 8 - np.argsort(-np.bincount(8 - labels.ravel()), kind="stable")
    found = by_area(labels * step)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(order[found - 1], labels)


def test_ranks_are_of_what_there_is() -> None:
    assert ranks(np.array([0, 5, 9, 0, 9, 1])).tolist() == [0, 3, 1, 0, 2, 4]


def test_specks_are_counted_over_corners() -> None:
    mask = np.zeros((10, 10), bool)
    mask[[1, 2, 3], [1, 2, 3]] = True
    mask[7, 7:9] = True
    found = drop_specks(mask, 3)
    assert found.sum() == 3
    assert found[2, 2]
    assert drop_specks(mask, 4).sum() == 0
    assert drop_specks(np.ones((4, 4), bool), 5).all()
    assert not drop_specks(np.zeros((4, 4), bool), 1).any()


def test_holes_are_filled_unless_they_reach_the_border() -> None:
    mask = np.zeros((12, 12), bool)
    mask[2:9, 2:9] = True
    mask[4:6, 4:6] = False
    mask[7, 7] = False
    mask[8, 8] = False  # touches (7, 7) by a corner only
    bay = mask.copy()
    bay[2:5, 4] = False
    expected = np.zeros((12, 12), bool)
    expected[2:9, 2:9] = True
    expected[8, 8] = False
    np.testing.assert_array_equal(fill_holes(mask), expected)
    assert not fill_holes(bay)[4:6, 4:6].any()
    assert fill_holes(np.ones((4, 4), bool)).all()
    assert not fill_holes(np.zeros((4, 4), bool)).any()
