from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import ConfigError, ImageError
from segprior.metrics import (
    contour_tree,
    cut_hierarchy,
    cut_tables,
    label_boundaries,
    variation_of_information,
)


def test_a_cut_makes_all_merges_up_to_its_cost() -> None:
    # 3 joins 2, then 2 with it joins 0, then 1 joins 0.
    merges, costs = [[2, 3], [0, 2], [0, 1]], [1.0, 2.0, 2.0]
    tables = cut_tables(merges, costs, [0.5, 1.0, 1.9, 2.0])
    assert tables.tolist() == [[0, 1, 2, 3], [0, 1, 2, 2], [0, 1, 2, 2], [0, 0, 0, 0]]
    assert tables.dtype == np.int32


def test_the_order_of_the_thresholds_does_not_matter() -> None:
    merges, costs = [[2, 3], [0, 2], [0, 1]], [1.0, 2.0, 3.0]
    up = cut_tables(merges, costs, [0.5, 1, 2, 3])
    mixed = cut_tables(merges, costs, [2, 0.5, 3, 1])
    assert mixed.tolist() == up[[2, 0, 3, 1]].tolist()


def test_regions_that_never_merge() -> None:
    assert cut_tables([[0, 1]], [1.0], [5.0], n_regions=4).tolist() == [[0, 0, 2, 3]]
    assert cut_tables(np.zeros((0, 2), int), [], [5.0]).tolist() == [[0]]


@pytest.mark.parametrize(
    ("merges", "costs", "options", "message"),
    [
        ([[0, 1], [0, 2]], [1.0], {}, "2 merges of 2 regions with 1 costs"),
        ([[0, 1]], [1.0], {"n_regions": 1}, "fewer merges than regions"),
        ([[0, 1], [0, 2]], [2.0, 1.0], {}, "fall"),
        ([[0, 1], [0, 2]], [1.0, np.nan], {}, "fall"),
        ([[0, 1], [0, 3]], [1.0, 2.0], {}, "not a tree over 3 regions"),
        ([[0, 1], [-1, 2]], [1.0, 2.0], {}, "not a tree"),
        ([[0, 1], [0, 1]], [1.0, 2.0], {}, "not a tree"),
        ([[0, 1], [1, 2]], [1.0, 2.0], {}, "in no later pair"),
        ([[1, 1]], [1.0], {}, "not a tree"),
        ([[0.0, 1.0]], [1.0], {}, "not a tree"),
    ],
)
def test_what_is_no_tree(
    merges: list[list[Any]], costs: list[float], options: dict[str, int], message: str
) -> None:
    with pytest.raises(ImageError, match=message):
        cut_tables(merges, costs, [1.0], **options)


def test_a_threshold_is_a_number() -> None:
    for thresholds in ([np.nan], [[1.0]]):
        with pytest.raises(ConfigError, match="or not numbers; pass a list"):
            cut_tables([[0, 1]], [1.0], thresholds)  # type: ignore[arg-type]


# Three pixels in a row above three: between the rows 0.4, between the columns 0.5 and 0.2 above
# and 0.1 and 0.2 below; corners are as strong as the strongest contour that meets there.
UCM2 = [
    [0.0, 0.0, 0.5, 0.0, 0.2, 0.0, 0.0],
    [0.0, 0.0, 0.5, 0.0, 0.2, 0.0, 0.0],
    [0.4, 0.4, 0.5, 0.4, 0.4, 0.4, 0.4],
    [0.0, 0.0, 0.1, 0.0, 0.2, 0.0, 0.0],
    [0.0, 0.0, 0.1, 0.0, 0.2, 0.0, 0.0],
]


def test_the_tree_of_a_contour_map_of_double_size() -> None:
    regions, merges, costs = contour_tree(UCM2, (2, 3))
    assert regions.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert costs.tolist() == [0.1, 0.2, 0.2, 0.4, 0.4]
    tables = cut_tables(merges, costs, [0.05, 0.1, 0.3, 0.4])
    assert [len(np.unique(table)) for table in tables] == [6, 5, 3, 1]
    assert tables[2][regions].tolist() == [[0, 1, 1], [3, 3, 3]]


def test_a_weak_corner_joins_all_around_it() -> None:
    ucm2 = np.zeros((5, 5))
    ucm2[2], ucm2[:, 2], ucm2[2, 2] = 0.5, 0.5, 0.1
    _, _, costs = contour_tree(ucm2, (2, 2))
    assert costs.tolist() == [0.1, 0.1, 0.1]
    assert (cut_hierarchy(ucm2, 0.1) == 1).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_cuts_of_the_tree_are_those_of_the_map(seed: int) -> None:
    # Any strengths will do, those of corners and of the border too.
    ucm2 = np.random.default_rng(seed).integers(0, 5, (19, 25)) / 10
    ucm2[1::2, 1::2] = 0
    regions, merges, costs = contour_tree(ucm2, (9, 12))
    assert (merges[:, 0] < merges[:, 1]).all()
    thresholds = [0.0, *np.unique(ucm2)]
    for threshold, table in zip(thresholds, cut_tables(merges, costs, thresholds), strict=True):
        cut = cut_hierarchy(ucm2, threshold)
        assert variation_of_information(cut, table[regions]) == 0
        assert len(np.unique(table)) == cut.max()


def test_a_contour_map_as_large_as_the_image() -> None:
    # A line of 0.3 down the middle, of which the upper half is crossed by one of 0.1.
    contours = np.zeros((6, 7))
    contours[2, 3:] = 0.1
    contours[:, 3] = 0.3
    regions, merges, costs = contour_tree(contours, (6, 7))
    assert costs.tolist() == [0.1, 0.3]
    assert regions[:, :3].tolist() == [[0] * 3] * 6
    assert regions[:2, 4:].tolist() == [[1] * 3] * 2
    assert regions[3:, 4:].tolist() == [[2] * 3] * 3
    assert set(regions[:, 3]) <= {0, 1, 2}
    fine, coarse = cut_tables(merges, costs, [0.1, 0.3])
    assert len(np.unique(fine[regions])) == 2
    assert len(np.unique(coarse[regions])) == 1


Boundaries = Callable[[NDArray[Any]], NDArray[np.bool_]]


def right_and_below(labels: NDArray[Any]) -> NDArray[np.bool_]:
    found = np.zeros(labels.shape, bool)
    found[:, :-1] = labels[:, :-1] != labels[:, 1:]
    found[:-1] |= labels[:-1] != labels[1:]
    return found


def both_sizes(
    labels: NDArray[Any], boundaries: Boundaries, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Contours of random strengths between the labels, in double size and in that of the image."""
    rng = np.random.default_rng(seed)
    ucm2 = np.full(2 * np.array(labels.shape) + 1, 0.99)
    ucm2[1:-1, 1:-1] = 0
    for grid, map in ((ucm2, labels), (ucm2.T, labels.T)):
        differ = map[:, :-1] != map[:, 1:]
        grid[1::2, 2:-1:2] = np.where(differ, rng.integers(1, 20, differ.shape) / 20, 0)
    corners = [ucm2[2:-1:2, 1:-2:2], ucm2[2:-1:2, 3::2], ucm2[1:-2:2, 2:-1:2], ucm2[3::2, 2:-1:2]]
    ucm2[2:-1:2, 2:-1:2] = np.max(corners, axis=0)
    regions, merges, costs = contour_tree(ucm2, labels.shape)
    small = np.zeros(labels.shape)
    for cost in np.unique(costs).tolist():
        small[boundaries(cut_tables(merges, costs, [cost - 0.01])[0][regions])] = cost
    return ucm2, small


def cuts_of(contours: NDArray[np.float64], free: NDArray[np.bool_]) -> list[NDArray[np.int32]]:
    """The cuts at all strengths that random contours have, of the pixels that are free of them."""
    regions, merges, costs = contour_tree(contours, free.shape)
    thresholds = [number / 20 for number in range(20)]
    return [table[regions][free] for table in cut_tables(merges, costs, thresholds)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("boundaries", [label_boundaries, right_and_below])
def test_maps_of_the_image_are_cut_as_what_they_were_made_of(
    boundaries: Boundaries, seed: int
) -> None:
    blocks = np.kron(np.arange(25).reshape(5, 5), np.ones((4, 5), int))
    ucm2, small = both_sizes(blocks, boundaries, seed)
    found = [cuts_of(contours, small == 0) for contours in (ucm2, small)]
    for one, other in zip(*found, strict=True):
        assert variation_of_information(one[None], other[None]) == 0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("boundaries", [label_boundaries, right_and_below])
def test_specks_and_slivers_let_nothing_through(boundaries: Boundaries, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # A triangle above the diagonal and one below, with specks, most of them on the diagonal.
    rows, columns = np.indices((40, 40))
    chance = np.where(np.abs(rows + columns - 40) < 4, 0.3, 0.05)
    specks = np.where(rng.random((40, 40)) < chance, 2, rows + columns < 40)
    ucm2, small = both_sizes(specks, boundaries, seed)
    assert 400 < (small == 0).sum() < 1400
    found = [cuts_of(contours, small == 0) for contours in (ucm2, small)]
    for truth, cut in zip(*found, strict=True):
        # What lost its middle may stay apart longer, but what is apart must not meet earlier.
        assert len(np.unique(np.stack([truth, cut]), axis=1).T) == len(np.unique(cut))


def test_a_contour_map_without_contours() -> None:
    for shape in ((4, 5), (9, 11)):
        regions, merges, costs = contour_tree(np.zeros(shape), (4, 5))
        assert (regions == 0).all()
        assert (merges.shape, costs.shape) == ((0, 2), (0,))


@pytest.mark.parametrize(
    ("contours", "message"),
    [
        (
            np.zeros((3, 4)),
            r"shape \(3, 4\) for an image of shape \(2, 3\); .* \(5, 7\) or \(2, 3\)",
        ),
        (np.full((2, 3), -0.1), "below 0"),
        (np.full((2, 3), np.nan), "below 0 or none"),
        (np.full((2, 3), np.inf), "below 0 or none"),
        (np.full((2, 3), 0.5), "without a place that is 0"),
        (np.full((5, 7), 0.5), "contours on pixels"),
    ],
)
def test_what_is_no_contour_map(contours: NDArray[np.float64], message: str) -> None:
    with pytest.raises(ImageError, match=message):
        contour_tree(contours, (2, 3))
