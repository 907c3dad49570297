from __future__ import annotations

import numpy as np

from segprior.methods.foreground.instances.outlines import at_own_level, in_order
from segprior.metrics.instances import average_precision
from tests.helpers.things import discs


def test_cores_grow_to_the_things_and_no_further() -> None:
    image, truth = discs(noise=0)
    cores = discs(radius=8.5)[1]
    found = at_own_level(cores, image[..., 0].astype(np.float64))
    assert average_precision(truth, cores, 0.8) == 0
    assert average_precision(truth, found, 0.8) == 1


def test_a_thing_is_drawn_at_its_own_level() -> None:
    image, truth = discs(noise=0)
    level = image[..., 0].astype(np.float64)
    dim = np.where(truth == 3, 0.1 + (level - 0.1) / 4, level)
    found = at_own_level(truth, dim)
    assert average_precision(truth, found, 0.85) == 1


def test_outlines_at_full_size_follow_the_level() -> None:
    rows, columns = np.ogrid[:120, :160]
    small = np.clip((30.3 - np.hypot(rows - 60, columns - 80)) / 6 + 0.5, 0, 1)
    labels = (small > 0.5).astype(np.int32)
    found = at_own_level(labels, small, (480, 640))
    rows, columns = np.ogrid[:480, :640]
    # Level .58 of the way lies half a pixel further in, which is two at four times the size.
    truth = np.hypot(rows - 241.5, columns - 321.5) < 4 * (30.3 - 0.5)
    assert average_precision(truth.astype(int), found, 0.98) == 1
    assert found.shape == at_own_level(0 * labels, small, (480, 640)).shape == (480, 640)


def test_what_was_cut_off_is_dropped_and_holes_are_filled() -> None:
    level = np.zeros((20, 30))
    level[5:15, 5:15], level[9, 9], level[9, 16] = 1, 0, 1
    labels = np.zeros((20, 30), np.int32)
    labels[5:15, 5:17] = 1
    found = at_own_level(labels, level)
    assert found[9, 9] == 1
    assert found[9, 16] == 0
    assert not at_own_level(0 * labels, level).any()


def test_numbers_follow_the_first_pixels() -> None:
    labels = np.array([[0, 5, 5, 0], [2, 5, 0, 9], [2, 2, 0, 0]], np.int32)
    ordered, before = in_order(labels, 2)
    assert before.tolist() == [5, 2]
    assert ordered.tolist() == [[0, 1, 1, 0], [2, 1, 0, 0], [2, 2, 0, 0]]
    assert in_order(np.zeros((3, 3), np.int32), 1)[1].tolist() == []
