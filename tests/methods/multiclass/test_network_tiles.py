"""The network with fixed statistics, and the clusters, on parts of an image."""

from __future__ import annotations

import numpy as np

from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.network import Guide
from segprior.methods.multiclass.network_tiles import fit_network, network_cost
from tests.helpers.tiles import fitting


def test_classes_are_numbered_by_area() -> None:
    one = fitting()
    config = SegmentConfig(method="backprop", superpixels="none", iterations=6, classes=3)
    model = fit_network(one, config, lambda image, context: Guide())
    assert model.largest == network_cost(config, 3)[2] == 3
    scores = np.concatenate([model.scores(tile).reshape(3, -1) for tile in one.tiling], axis=1)
    counts = np.bincount(model.labels(scores[..., None]).ravel(), minlength=4)
    assert counts[0] == 0
    assert counts[1] == counts.max()
