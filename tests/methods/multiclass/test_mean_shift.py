from __future__ import annotations

import numpy as np
import pytest

from segprior.errors import ConfigError
from segprior.methods.multiclass.api import segment
from segprior.methods.multiclass.mean_shift import MeanShiftConfig


def scene() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Two red squares on blue."""
    image = np.zeros((48, 96, 3), np.float32)
    image[:] = (0.1, 0.2, 0.8)
    image[16:32, 8:24] = image[16:32, 72:88] = (0.9, 0.2, 0.1)
    return image


def test_colours_are_classes_wherever_they_are() -> None:
    found = segment(scene(), method="mean-shift", nearness=0)
    assert found.n_labels == 2
    assert found.labels[24, 16] == found.labels[24, 80] == 2
    assert found.evidence["found"] == 2
    assert found.confidence.min() > 0.5


def test_places_tell_equal_colours_apart() -> None:
    found = segment(scene(), method="mean-shift", nearness=200)
    assert found.labels[24, 16] != found.labels[24, 80]


@pytest.mark.filterwarnings("ignore::segprior.EmptyResultWarning")
def test_fewer_classes_with_a_larger_bandwidth() -> None:
    image = np.random.default_rng(0).random((48, 64, 3)).astype(np.float32)
    few, many = (segment(image, method="mean-shift", bandwidth=width).n_labels for width in (40, 8))
    assert few < many


def test_what_is_not_valid() -> None:
    with pytest.raises(ConfigError, match="bandwidth=0; pass a number above 0"):
        MeanShiftConfig(bandwidth=0)
    with pytest.raises(ConfigError, match="nearness=-1"):
        MeanShiftConfig(nearness=-1)
