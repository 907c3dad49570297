from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.config.prior import PriorConfig
from segprior.prior.training import fit_members


def test_members_fitted_together_give_the_same(
    image: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on any other device, where members are fitted together.
    monkeypatch.setattr("segprior.prior.training.compiled_is_for", lambda device: False)
    config = PriorConfig(members=2, iterations=5, snapshots=(3,), features=(("up2", 4),))
    target = image[:32, :40].copy()
    together = fit_members(target, [5, 6], config, "cpu")
    for member, seed in enumerate((5, 6)):
        (alone,) = fit_members(target, [seed], config, "cpu")
        run = together[member]
        np.testing.assert_allclose(run.losses, alone.losses, atol=1e-3)
        np.testing.assert_allclose(run.output, alone.output, atol=2e-2)
        np.testing.assert_allclose(run.snapshots[3], alone.snapshots[3], atol=1e-2)
        assert run.features["up2", 4].shape == alone.features["up2", 4].shape
