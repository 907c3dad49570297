from __future__ import annotations

import numpy as np
import torch

from segprior.nn.clustering.torch_network import TorchFixed, TorchNetwork
from segprior.nn.clustering.weights import draw_weights

CPU = torch.device("cpu")


def test_the_fixed_network_gives_what_the_fitted_one_does() -> None:
    weights = draw_weights(3, 12, 2, "normal", 0)
    weights.shifts[0][:] = np.random.default_rng(1).uniform(-1, 1, 12)
    image = np.random.default_rng(2).random((40, 50, 3), np.float32)
    network = TorchNetwork(image, CPU)
    labels = network.forward(weights)
    whole = network.response()
    np.testing.assert_array_equal(labels, whole.argmax(-1))
    fixed = TorchFixed(weights, image, CPU)
    np.testing.assert_allclose(fixed(image), whole, atol=1e-4, rtol=1e-4)
    part = fixed(image[10:30, 5:45])
    inner = slice(fixed.reach, -fixed.reach)
    np.testing.assert_allclose(
        part[inner, inner], whole[10:30, 5:45][inner, inner], atol=1e-4, rtol=1e-4
    )


def test_learning_leaves_the_weights_as_they_are() -> None:
    weights = draw_weights(3, 6, 2, "normal", 0)
    before = weights.copy()
    network = TorchNetwork(np.random.default_rng(2).random((9, 8, 3), np.float32), CPU)
    labels = network.forward(weights)
    loss, gradients = network.learn(labels, None, 0.5)
    assert loss > 0
    assert [g.shape for g in gradients.flat()] == [w.shape for w in weights.flat()]
    for now, then in zip(weights.flat(), before.flat(), strict=True):
        np.testing.assert_array_equal(now, then)
