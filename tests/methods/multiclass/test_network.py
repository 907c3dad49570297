from __future__ import annotations

import numpy as np

from segprior.features.superpixels import find_superpixels
from segprior.image.pyramid import Pyramid
from segprior.methods.method import Context
from segprior.methods.multiclass.config import SegmentConfig
from segprior.methods.multiclass.network import Guide, network_classes


def test_marks_keep_their_numbers_and_others_get_those_left_over() -> None:
    image = np.zeros((24, 32, 3), np.float32)
    image[:, 16:] = (0.9, 0.2, 0.1)
    marks = np.zeros((24, 32), np.int64)
    marks[4, 4] = 2
    config = SegmentConfig.preset(
        "backprop", superpixels="image", n_superpixels=40, channels=8, iterations=10, classes=2
    )
    superpixels = find_superpixels(image, n_superpixels=40, compactness=100)
    context = Context(config=config, seed=0, device="cpu", marks=marks)
    found = network_classes(Pyramid(image), context, Guide(superpixels=superpixels))
    labels = found.numbered(found.labels)
    assert (labels[4, 4], labels[4, 28]) == (2, 1)
    assert found.evidence["superpixels"] > 10
    assert len(found.curves["loss"]) == found.evidence["iterations"]
