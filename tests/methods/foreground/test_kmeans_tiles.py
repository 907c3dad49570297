from __future__ import annotations

import numpy as np

from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.foreground.kmeans_tiles import fit_foreground, foreground_cost
from tests.helpers.tiles import fitting


def test_clusters_decide_by_the_nearer_centroid() -> None:
    one = fitting()
    config = ForegroundConfig.preset("dsp", members=2, iterations=3)
    model = fit_foreground(one, config)
    scores = model.scores(one.tiling.tile(0, 0))
    assert scores.shape == (foreground_cost(config, 3)[2], 56, 56)
    labels, confidence = model.labels(scores), model.confidence(scores)
    np.testing.assert_array_equal(labels, scores[0] < scores[1])
    assert 0 <= confidence.min() <= confidence.max() <= 1
    inverted = fit_foreground(one, config.replace(invert=True))
    np.testing.assert_array_equal(inverted.labels(scores), ~labels)
