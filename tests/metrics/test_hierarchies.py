from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import ConfigError, ImageError
from segprior.metrics import contour_tree, cut_hierarchy, cut_tables, variation_of_information


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
    with pytest.raises(ConfigError, match="not a number"):
        cut_tables([[0, 1]], [1.0], [np.nan])


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
