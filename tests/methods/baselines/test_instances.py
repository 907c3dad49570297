from __future__ import annotations

import numpy as np
import pytest

from segprior.errors import ConfigError
from segprior.methods.baselines.instances import distance_watershed, otsu_pieces, otsu_watershed
from segprior.metrics.instances import average_precision
from tests.helpers.things import discs


def test_pieces_hold_what_touches_and_the_watershed_parts_it() -> None:
    image, truth = discs()
    assert otsu_pieces(image).max() == 5
    found = otsu_watershed(image)
    assert found.max() == 7
    assert average_precision(truth, found, 0.75) == 1


def test_peaks_that_are_near_are_one() -> None:
    image, _ = discs()
    assert otsu_watershed(image, min_distance=30).max() == 5


def test_holes_are_filled_and_specks_dropped() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[3:15, 3:15], mask[8, 8], mask[4, 25] = 1, 0, 1
    found = distance_watershed(mask, min_distance=8)
    assert found.max() == found[8, 8] == 1
    assert found[4, 25] == 0
    assert distance_watershed(mask, min_distance=8, min_size=0)[4, 25] > 0


def test_wrong_settings_are_refused() -> None:
    image, _ = discs()
    with pytest.raises(ConfigError, match="min_distance=0"):
        otsu_watershed(image, min_distance=0)
    with pytest.raises(ConfigError, match="min_size=-1"):
        otsu_pieces(image, min_size=-1)
