"""The network with fixed statistics, and the clusters, on parts of an image."""

from __future__ import annotations

import numpy as np
import torch

from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.network import Guide
from segprior.methods.multiclass.network_tiles import fit_network, network_cost
from segprior.nn.clustering.network import FixedResponse, PlainResponse, draw_weights
from tests.helpers.tiles import fitting


def test_the_fixed_network_gives_what_the_fitted_one_does() -> None:
    weights = draw_weights(3, 12, 2, "normal", 0)
    weights.shifts[0].uniform_(-1, 1, generator=torch.Generator().manual_seed(1))
    image = torch.rand(1, 3, 40, 50, generator=torch.Generator().manual_seed(2))
    whole = PlainResponse(image, weights).forward()
    fixed = FixedResponse(weights.map(torch.Tensor.detach), image)
    torch.testing.assert_close(fixed(image), whole, atol=1e-4, rtol=1e-4)
    part = fixed(image[:, :, 10:30, 5:45])
    inner = slice(fixed.reach, -fixed.reach)
    torch.testing.assert_close(
        part[inner, inner], whole[10:30, 5:45][inner, inner], atol=1e-4, rtol=1e-4
    )


def test_classes_are_numbered_by_area() -> None:
    one = fitting()
    config = SegmentConfig(method="backprop", superpixels="none", iterations=6, classes=3)
    model = fit_network(one, config, lambda small: Guide())
    assert model.largest == network_cost(config, 3)[2] == 3
    scores = np.concatenate([model.scores(tile).reshape(3, -1) for tile in one.tiling], axis=1)
    counts = np.bincount(model.labels(scores[..., None]).ravel(), minlength=4)
    assert counts[0] == 0
    assert counts[1] == counts.max()
