from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from segprior.errors import ConfigError, ImageError
from segprior.metrics.instances import (
    IOU_LEVELS,
    InstanceScores,
    average_precision,
    count_error,
    match_counts,
)


@pytest.fixture
def two() -> NDArray[np.int64]:
    """Two things of 4 x 4 pixels that touch."""
    labels = np.zeros((6, 10), np.int64)
    labels[1:5, 1:5], labels[1:5, 5:9] = 1, 2
    return labels


def test_numbers_and_their_gaps_do_not_matter(two: NDArray[np.int64]) -> None:
    other = np.array([0, 900, 7])[two]
    assert match_counts(two, other, 0.9) == (2, 0, 0)
    assert average_precision(two, other) == 1
    assert count_error(two, other) == 0


def test_two_things_found_as_one_are_missed_both(two: NDArray[np.int64]) -> None:
    # The one is twice as large as either, an IoU of a half, which is not above it.
    assert match_counts(two, (two > 0).astype(int)) == (0, 1, 2)
    assert count_error(two, (two > 0).astype(int)) == 0.5


def test_a_larger_part_of_a_thing_finds_it(two: NDArray[np.int64]) -> None:
    cut = two.copy()
    cut[1] = 0  # three of four rows are left
    assert match_counts(two, cut, 0.5) == (2, 0, 0)
    assert match_counts(two, cut, 0.75) == (0, 2, 2)
    split = np.where(np.arange(6)[:, None] == 1, two + 2 * (two > 0), cut)
    assert match_counts(two, split) == (2, 2, 0)
    assert average_precision(two, split) == 0.5


def test_ground_is_no_thing(two: NDArray[np.int64]) -> None:
    assert match_counts(two, 0 * two) == (0, 0, 2)
    assert match_counts(0 * two, 0 * two) == (0, 0, 0)
    assert average_precision(0 * two, 0 * two) == 1
    assert count_error(0 * two, two) == 2
    everywhere = np.ones((6, 10), int)
    assert match_counts(everywhere, everywhere) == (1, 0, 0)


def independent(truth: NDArray[np.int64], made: NDArray[np.int64], level: float) -> list[int]:
    """The best assignment of whole masks, one to one, after which weak pairs are no matches."""
    true = [truth == number for number in np.unique(truth) if number]
    predicted = [made == number for number in np.unique(made) if number]
    ious = np.array([[(a & b).sum() / (a | b).sum() for b in predicted] for a in true])
    rows, columns = linear_sum_assignment(-ious)
    found = int((ious[rows, columns] > level).sum())
    return [found, len(predicted) - found, len(true) - found]


@pytest.mark.parametrize("seed", range(4))
def test_the_counts_are_those_of_an_assignment(seed: int) -> None:
    draw = np.random.default_rng(seed)
    seeds = np.zeros((60, 70), bool)
    seeds[draw.integers(0, 60, 25), draw.integers(0, 70, 25)] = True
    places = np.argwhere(seeds)
    grid = np.moveaxis(np.indices(seeds.shape), 0, -1)[..., None, :]
    far = np.hypot(*np.moveaxis(grid - places, -1, 0))
    truth = np.where(far.min(-1) < 7, far.argmin(-1) + 1, 0)
    made = np.roll(truth, draw.integers(-2, 3, 2), (0, 1))
    made[draw.random(truth.shape) < 0.1] = 0
    made[made == 3] = 4
    scores = InstanceScores()
    found = scores.add(truth, made)
    precisions = []
    for level in IOU_LEVELS:
        counts = independent(truth, made, level)
        assert list(match_counts(truth, made, level)) == counts
        precisions.append(counts[0] / sum(counts))
    assert precisions[0] > precisions[-1]
    assert found["ap50"] == pytest.approx(precisions[0])
    assert found["ap75"] == pytest.approx(precisions[5])
    assert found["ap"] == pytest.approx(sum(precisions) / 10)


def test_means_over_images(two: NDArray[np.int64]) -> None:
    scores = InstanceScores()
    assert scores.compute() == {}
    scores.add(two, two)
    cut = two.copy()
    cut[1] = 0
    found = scores.add(two, cut)
    assert (found["ap50"], found["ap75"], found["true"], found["predicted"]) == (1, 0, 2, 2)
    assert found["ap"] == pytest.approx(sum(level < 0.75 for level in IOU_LEVELS) / 10)
    assert scores.compute()["ap75"] == 0.5
    assert InstanceScores.from_dict(scores.to_dict()).compute() == scores.compute()


@pytest.mark.parametrize("level", [0.4, 1.0])
def test_levels_at_which_a_thing_could_match_two_are_refused(
    two: NDArray[np.int64], level: float
) -> None:
    with pytest.raises(ConfigError, match=r"pass a number from 0\.5"):
        match_counts(two, two, level)


def test_what_is_no_label_map_is_refused(two: NDArray[np.int64]) -> None:
    with pytest.raises(ImageError, match="pass the same for both"):
        average_precision(two, two[:3])
    with pytest.raises(ImageError, match="got label -1; number things from 1"):
        count_error(two, two - 1)
    with pytest.raises(ImageError, match="pass whole numbers"):
        InstanceScores().add(two, two / 2)
