from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segprior.errors import ConfigError
from segprior.methods.multiclass.api import segment
from segprior.methods.multiclass.dynamic import METHOD, DynamicConfig


def picture() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    image = np.random.default_rng(0).normal(0.3, 0.03, (24, 32, 3))
    image[4:-4, 8:-8] += (0.5, 0.1, -0.1)
    return np.clip(image, 0, 1).astype(np.float32)


@pytest.mark.parametrize("weighting", ["scf", "fsf"])
def test_the_weight_follows_the_number_of_labels(weighting: str) -> None:
    options: dict[str, Any] = {"channels": 10, "iterations": 2, "rng": 5}
    found = segment(picture(), method="dynamic", weighting=weighting, **options)
    count = int(found.curves["labels"][0])
    weight = 50 / count if weighting == "scf" else count / 15
    fixed = segment(picture(), method="continuity", continuity=weight, **options)
    assert found.curves["loss"][0] == pytest.approx(fixed.curves["loss"][0], rel=1e-5)
    assert found.curves["loss"][0] != pytest.approx(fixed.curves["loss"][1], rel=1e-5)


def test_its_options() -> None:
    assert METHOD.config is DynamicConfig
    with pytest.raises(ConfigError, match="weighting='half'; choose 'scf' or 'fsf'"):
        DynamicConfig(weighting="half")  # type: ignore[arg-type]
