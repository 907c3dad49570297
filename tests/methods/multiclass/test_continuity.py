from __future__ import annotations

import numpy as np
import pytest

from segprior.errors import ConfigError
from segprior.methods.multiclass.api import segment
from segprior.methods.multiclass.continuity import METHOD, ContinuityConfig


def test_a_larger_weight_leaves_fewer_differences_between_neighbours() -> None:
    image = np.random.default_rng(0).random((24, 32, 3)).astype(np.float32)
    edges = []
    for weight in (0.0, 20.0):
        found = segment(image, method="continuity", continuity=weight, channels=10, iterations=12)
        edges.append(int((np.diff(found.labels, axis=1) != 0).sum()))
    assert edges[1] < edges[0] / 2


def test_its_options() -> None:
    assert METHOD.config is ContinuityConfig
    with pytest.raises(ConfigError, match="continuity=-1; pass a number from 0 on"):
        ContinuityConfig(continuity=-1)
    with pytest.raises(ConfigError, match="superpixels='image' with method='continuity'"):
        segment(np.zeros((8, 8, 3)), method="continuity", superpixels="image")
