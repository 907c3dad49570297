from __future__ import annotations

import numpy as np

from segprior.regions.threshold_tree.parts import part

# Three hills along a line, of heights 9, 5 and 7, with passes 3 and 4; and one by itself.
HEIGHT = np.array([[9, 3, 5, 4, 7, 0, 6, 2]], np.float32)
MASK = HEIGHT > 0


def test_hills_merge_over_the_highest_pass_first() -> None:
    parts = part(HEIGHT, MASK, 0.5)
    assert len(parts.parent) == 6
    assert parts.hills[0, 5] == -1
    assert sorted(set(parts.hills[MASK].tolist())) == [0, 1, 2, 3]
    low, high = parts.hills[0, 2], parts.hills[0, 4]
    first = parts.parent[low]
    assert first == parts.parent[high]
    assert parts.outer[low] == parts.outer[high] == parts.inner[first] == 1
    whole = parts.parent[first]
    assert whole == parts.parent[parts.hills[0, 0]]
    assert parts.inner[whole] == 7 - 3
    assert np.isinf(parts.outer[whole])
    assert parts.parent[whole] == -1


def test_each_node_holds_a_range_of_hills() -> None:
    parts = part(HEIGHT, MASK, 0.5)
    for node, parent in enumerate(parts.parent):
        if parent >= 0:
            assert parent > node
            assert parts.first[parent] <= parts.first[node] < parts.stop[node] <= parts.stop[parent]
    pieces = parts.parent < 0
    assert (parts.stop - parts.first)[pieces].sum() == 4


def test_a_hill_that_hardly_rises_is_part_of_the_one_beside_it() -> None:
    parts = part(HEIGHT, MASK, 2.0)
    assert parts.hills[0, 2] == parts.hills[0, 4] != parts.hills[0, 0]
    assert len(parts.parent) == 4


def test_no_mask_has_no_parts() -> None:
    parts = part(HEIGHT, np.zeros_like(MASK), 0.5)
    assert len(parts.parent) == 0
    assert (parts.hills == -1).all()


def test_every_pixel_of_a_random_mask_is_in_one_hill() -> None:
    draw = np.random.default_rng(0)
    mask = draw.random((30, 40)) > 0.4
    parts = part(draw.random((30, 40)).astype(np.float32), mask, 0.1)
    assert ((parts.hills >= 0) == mask).all()
    counts = np.bincount(parts.hills[mask])
    assert (counts > 0).all()
    assert len(counts) == parts.stop.max()
