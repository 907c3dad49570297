from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segprior.errors import ConfigError
from segprior.methods.multiclass.api import segment
from segprior.methods.multiclass.backprop import METHOD, BackpropConfig


def test_labels_are_constant_in_large_superpixels_once_learnt() -> None:
    image = np.full((24, 32, 3), 0.2, np.float32)
    image[:, 16:] = (0.9, 0.3, 0.1)
    options: dict[str, Any] = {
        "superpixels": "image", "n_superpixels": 6, "channels": 8, "iterations": 20,
    }  # fmt: skip
    found = segment(image, method="backprop", classes=2, **options)
    assert 2 <= found.evidence["superpixels"] <= 12
    assert len(np.unique(found.labels[:, :14])) == len(np.unique(found.labels[:, 18:])) == 1
    assert found.labels[0, 0] != found.labels[0, -1]


@pytest.mark.parametrize(
    ("superpixels", "need"), [("prior", "always"), ("image", "never"), ("none", "never")]
)
def test_the_prior_is_for_superpixels(superpixels: str, need: str) -> None:
    assert METHOD.need(BackpropConfig(superpixels=superpixels)) == need  # type: ignore[arg-type]


def test_presets_come_with_it() -> None:
    assert set(METHOD.presets) == {"backprop", "published"}
    with pytest.raises(ConfigError, match="n_superpixels=0"):
        BackpropConfig(n_superpixels=0)
