from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.methods.foreground.instances.fitness import FIRST, SECOND, TERMS, fitness, terms
from segprior.regions.threshold_tree.measures import MEASURES

# A disc of 300 pixels in strong contrast.
DISC = {
    "area": 300.0, "ellipse": 1.0, "roundness": 1.0, "edge": 0.2, "mean": 0.8, "spread": 0.1,
    "threshold": 0.4, "cut": 0.0, "outer": np.inf, "inner": 0.0, "frame": 0.0, "step": 0.7,
}  # fmt: skip


def measures(**changed: float) -> NDArray[np.float64]:
    return np.array([[{**DISC, **changed}[name] for name in MEASURES]])


def likely(area: float | None = 300, **changed: float) -> float:
    return float(fitness(measures(**changed), FIRST if area is None else SECOND, area)[0])


def test_there_is_a_weight_for_each_term() -> None:
    assert terms(measures(), 300).shape == (1, len(TERMS))
    assert len(FIRST) == len(SECOND) == len(TERMS)


def test_sizes_say_nothing_until_they_are_known() -> None:
    size = ["larger", "smaller", "size squared", "smaller at the frame"]
    places = [TERMS.index(name) for name in size]
    assert (terms(measures(area=5))[0, places] == 0).all()
    assert np.array(FIRST)[places].tolist() == [0] * 4
    sizes = fitness(np.concatenate([measures(area=30), measures(area=300)]), FIRST)
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("area", [None, 300.0])
def test_a_disc_is_likely_a_thing_and_a_faint_or_bent_piece_is_not(area: float | None) -> None:
    assert likely(area) > 0.5
    assert likely(area, ellipse=0.6, roundness=0.4) < likely(area) - 0.2
    assert likely(area, step=0.03, edge=0.005, mean=0.1, threshold=0.06) < likely(area) - 0.2


def test_what_is_of_the_usual_size_is_likelier() -> None:
    assert likely() > likely(1200) + 0.05
    assert likely() > likely(50) + 0.05


def test_all_is_finite_for_the_least_that_can_be_measured() -> None:
    none = np.zeros((1, len(MEASURES)))
    none[0, 0] = 1
    assert np.isfinite(terms(none, 1.0)).all()
