from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.regions.polarity import choose_polarity


def disc(row: float, column: float, radius: float, side: int = 40) -> NDArray[np.intp]:
    rows, columns = np.indices((side, side))
    inside = (rows - row) ** 2 + (columns - column) ** 2 < radius**2
    return inside.astype(np.intp)


@pytest.mark.parametrize(
    "clusters",
    [
        pytest.param(disc(20, 20, 10), id="in the middle"),
        pytest.param(disc(12, 26, 6), id="off the middle"),
        pytest.param(disc(0, 20, 14), id="at one border"),
        pytest.param(disc(20, 20, 19), id="nearly all of the image"),
        pytest.param(disc(5, 5, 3), id="in a corner"),
    ],
)
def test_a_disc_is_the_object_under_either_label(clusters: NDArray[np.intp]) -> None:
    found = choose_polarity(clusters, 2)
    assert found.foreground.tolist() == [False, True]
    swapped = choose_polarity(1 - clusters, 2)
    assert swapped.foreground.tolist() == [True, False]
    assert swapped.certainty == pytest.approx(found.certainty)
    assert swapped.evidence == pytest.approx(found.evidence)


def test_scattered_specks_are_the_object() -> None:
    clusters = np.zeros((60, 60), np.intp)
    clusters[::6, ::6] = clusters[1::6, ::6] = 1
    assert choose_polarity(clusters, 2).foreground.tolist() == [False, True]


def test_an_object_that_owns_half_the_border_may_still_win_by_its_place() -> None:
    clusters = np.zeros((40, 40), np.intp)
    clusters[:, 9:31] = 1
    found = choose_polarity(clusters, 2)
    assert found.evidence["border"] > 0.25
    assert found.foreground.tolist() == [False, True]


def test_certainty_and_evidence() -> None:
    clear = choose_polarity(disc(20, 20, 10), 2)
    halves = np.zeros((40, 40), np.intp)
    halves[:, 20:] = 1
    unclear = choose_polarity(halves, 2)
    assert unclear.certainty == pytest.approx(0, abs=1e-9)
    assert 0.9 < clear.certainty <= 1
    assert clear.evidence["border"] == 0
    assert clear.evidence["size"] == pytest.approx(np.pi * 100 / 1600, rel=0.05)
    assert clear.evidence["distance"] == pytest.approx(10 * 2 / 3 / 20, rel=0.05)
    assert clear.evidence["distance_background"] > 0.8
    assert clear.probability.sum() == pytest.approx(1)


def test_the_evidence_does_not_depend_on_the_size_of_the_image() -> None:
    small, large = disc(10, 12, 5, 20), np.kron(disc(10, 12, 5, 20), np.ones((4, 4), np.intp))
    one, other = choose_polarity(small, 2), choose_polarity(large, 2)
    assert one.evidence == pytest.approx(other.evidence, abs=0.02)


def test_more_clusters_each_get_their_own_choice() -> None:
    clusters = disc(20, 20, 12) + disc(20, 20, 6)
    clusters[:20][clusters[:20] == 0] = 3
    found = choose_polarity(clusters, 4)
    assert found.foreground.tolist() == [False, True, True, False]
    assert found.evidence["border"] == 0


@pytest.mark.parametrize("count", [3, 8])
def test_there_is_always_a_foreground_and_a_background(count: int) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        found = choose_polarity(rng.integers(0, count, (8, 8)), count)
        assert found.foreground.any()
        assert not found.foreground.all()
        assert 0 <= found.certainty <= 1


def test_no_certainty_where_the_choice_is_forced() -> None:
    quarters = np.indices((40, 40)) // 20
    forced = choose_polarity(quarters[0] * 2 + quarters[1], 4)
    assert forced.foreground.sum() == 3
    assert forced.certainty == 0


def test_a_cluster_without_pixels_is_harmless() -> None:
    found = choose_polarity(disc(20, 20, 10), 3)
    assert np.isfinite(found.probability).all()
    assert found.foreground[:2].tolist() == [False, True]
