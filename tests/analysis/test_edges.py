from __future__ import annotations

import numpy as np
import pytest

from segprior.analysis.edges import canny_edges, edge_agreement
from segprior.errors import ImageError


def test_a_step_is_one_edge_where_it_is() -> None:
    image = np.zeros((24, 32))
    image[:, 16:] = 1
    edges = canny_edges(image)
    assert edges.dtype == bool
    rows, columns = np.nonzero(edges)
    assert set(columns) <= {15, 16}
    assert len(set(rows)) >= 20


def test_thresholds_follow_the_steepest_edge() -> None:
    image = np.zeros((32, 64))
    image[:, 16:] = 0.5
    # Below .09 of .17 of the other one, and above.
    image[:, 48:] += 0.5 * 0.01
    assert not canny_edges(image)[:, 40:].any()
    image[:, 48:] += 0.5 * 0.3
    assert canny_edges(image)[:, 46:50].any()
    np.testing.assert_array_equal(canny_edges(image), canny_edges(image * 128))


def test_one_colour_has_no_edges() -> None:
    assert not canny_edges(np.full((16, 16, 3), 0.3)).any()


def test_edges_are_found_on_all_channels() -> None:
    image = np.zeros((24, 32, 3))
    image[:, 16:, 2] = 1  # blue, which the red channel alone would miss
    assert canny_edges(image).any()


def test_agreement_has_a_tolerance() -> None:
    truth = np.zeros((20, 20), bool)
    truth[:, 5] = True
    found = np.zeros((20, 20), bool)
    found[:10, 7] = True
    found[:10, 15] = True
    near = edge_agreement(truth, found, tolerance=2)
    assert near.precision == 0.5
    # Those in line, and one more within the tolerance would lie at a distance of √5.
    assert near.recall == 0.5
    assert near.f == 0.5
    exact = edge_agreement(truth, found, tolerance=1)
    assert (exact.precision, exact.recall, exact.f) == (0, 0, 0)
    same = edge_agreement(truth, truth, tolerance=0)
    assert (same.precision, same.recall, same.f) == (1, 1, 1)


def test_agreement_without_edges() -> None:
    some, none = np.eye(8, dtype=bool), np.zeros((8, 8), bool)
    found = edge_agreement(some, none)
    assert np.isnan(found.precision)
    assert found.recall == 0
    assert np.isnan(found.f)


def test_agreement_needs_equal_sizes() -> None:
    with pytest.raises(ImageError, match="equal sizes"):
        edge_agreement(np.ones((4, 4), bool), np.ones((4, 5), bool))
