from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.regions.band_cut import UNIT, contrasts, cut_band
from segprior.runtime import loops


@pytest.fixture(params=["compiled", "plain"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the compiled loops, and without."""
    if request.param == "plain":
        monkeypatch.setattr(loops, "are_there", lambda: False)
    elif not loops.are_there():
        pytest.skip("no compiled loops")


def test_contrasts_are_those_of_the_four_neighbours() -> None:
    colours = np.random.default_rng(0).random((4, 5, 2)).astype(np.float32)
    found = contrasts(colours)
    for d, (down, across) in enumerate([(0, 1), (1, 0), (1, 1), (1, -1)]):
        for row in range(4):
            for column in range(5):
                there = row + down < 4 and 0 <= column + across < 5
                step = colours[row + down, column + across] - colours[row, column] if there else 0
                assert found[row, column, d] == pytest.approx(np.sum(np.square(step)), abs=1e-6)


def costs(mask: NDArray[np.bool_], links: NDArray[np.int32], excess: NDArray[np.int32]) -> int:
    """What a mask costs: parted neighbours, and pixels against their excess."""
    total = int(np.where(mask, 0, excess).sum())
    for d, (down, across) in enumerate([(0, 1), (1, 0), (1, 1), (1, -1)]):
        for row in range(mask.shape[0] - down):
            for column in range(max(-across, 0), mask.shape[1] - max(across, 0)):
                if mask[row, column] != mask[row + down, column + across]:
                    total += int(links[row, column, d])
    return total


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("seed", range(5))
def test_no_other_cut_of_the_band_is_cheaper(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = (4, 5)
    links = random.integers(0, 300, (*shape, 4)).astype(np.int32)
    excess = random.integers(-500, 500, shape).astype(np.int32)
    band = np.zeros(shape, bool)
    band.ravel()[random.choice(20, 9, replace=False)] = True
    start = random.random(shape) < 0.5
    found = cut_band(links, excess, band, start)
    np.testing.assert_array_equal(found[~band], start[~band])
    least = None
    for number in range(2**9):
        other = start.copy()
        other[band] = (number >> np.arange(9)) & 1
        cost = costs(other, links, excess)
        least = cost if least is None else min(least, cost)
    assert costs(found, links, excess) == least


def test_both_ways_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    if not loops.are_there():
        pytest.skip("no compiled loops")
    random = np.random.default_rng(1)
    links = random.integers(0, 3 * UNIT, (30, 40, 4)).astype(np.int32)
    excess = random.integers(-2 * UNIT, 2 * UNIT, (30, 40)).astype(np.int32)
    band, start = random.random((2, 30, 40)) < 0.6
    compiled = cut_band(links, excess, band, start)
    monkeypatch.setattr(loops, "are_there", lambda: False)
    np.testing.assert_array_equal(cut_band(links, excess, band, start), compiled)


@pytest.mark.usefixtures("way")
def test_nothing_to_decide() -> None:
    links, excess = np.ones((3, 4, 4), np.int32), np.ones((3, 4), np.int32)
    start = np.eye(3, 4, dtype=bool)
    np.testing.assert_array_equal(cut_band(links, excess, np.zeros((3, 4), bool), start), start)
