"""One guide serves images that are in memory and those in tiles."""

from __future__ import annotations

import numpy as np

from segprior.config.network import NetworkConfig
from segprior.config.prior import PriorConfig
from segprior.image.pyramid import Pyramid
from segprior.methods.method import Context
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.network import Guide
from segprior.methods.multiclass.network_method import network_method
from tests.helpers.tiles import fitting


def test_a_guide_sees_the_same_image_in_memory_and_in_tiles() -> None:
    seen = []

    def guide(image: Pyramid, context: Context) -> Guide:
        config: SegmentConfig = context.config
        prior = image.at(config.prior.working_size).shape
        seen.append((image.at(config.working_size), prior, context.seed))
        return Guide()

    one = fitting()
    config = SegmentConfig(
        method="continuity", iterations=2, working_size=40, prior=PriorConfig(working_size=32)
    )
    method = network_method(guide, name="plain", config=NetworkConfig)
    image = Pyramid(one.image.small(None))
    context = Context(config=config, seed=one.seed, device="cpu")
    found = method.run(image, config.options, context)
    assert method.tiles is not None
    model = method.tiles.fit(one, config)
    (whole, _, seed), (tiled, of_prior, tiled_seed) = seen
    assert whole.shape[0] < image.shape[0]
    assert np.array_equal(whole, tiled)
    assert of_prior == tiled.shape  # it is fitted to what there is, not reduced once more
    assert seed == tiled_seed == one.seed
    assert found.evidence["iterations"] == model.evidence["iterations"] == 2
