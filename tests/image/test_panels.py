from __future__ import annotations

import numpy as np
import pytest

from segprior.errors import ConfigError
from segprior.image.panels import strip


def test_panels_lie_in_order_in_the_colours_they_have() -> None:
    red, grey = np.zeros((8, 8, 3)), np.full((4, 4, 1), 0.5)
    red[..., 0] = 1
    sheet = strip({"a": red, "b": grey}, (20, 30))
    assert sheet.dtype == np.uint8
    assert sheet[16, 20].tolist() == [255, 0, 0]
    assert sheet[16, 56].tolist() == [128, 128, 128]
    assert sheet[0].min() == 255


def test_panels_have_the_aspect_and_at_most_the_length_asked_for() -> None:
    panel = np.zeros((8, 8, 3))
    one, two = (strip(dict.fromkeys(keys, panel), (50, 1000), longest=100) for keys in ("a", "ab"))
    black = (two[10] == 0).all(axis=-1)
    assert black.sum() == 200
    assert (one[:, 50] == 0).all(axis=-1).sum() >= 5
    assert two.shape[1] - one.shape[1] == 106


def test_captions_differ() -> None:
    panel = np.ones((16, 16, 3))
    assert (strip({"10": panel}, (64, 64)) != strip({"20": panel}, (64, 64))).any()


def test_no_panels() -> None:
    with pytest.raises(ConfigError, match="no pictures"):
        strip({}, (8, 8))
