from __future__ import annotations

import numpy as np
import pytest

from segprior.analysis.pca import principal_component


def test_the_component_is_what_the_channels_differ_in() -> None:
    pattern = np.random.default_rng(0).random((16, 20))
    pattern /= np.linalg.norm(pattern)
    image = 0.3 + np.stack([pattern, 0 * pattern, -3 * pattern], axis=-1)
    found = principal_component(image)
    assert found.explained == pytest.approx(1)
    assert abs((found.plane * pattern).sum()) == pytest.approx(1, rel=1e-5)
    steps = np.diff(found.scores)
    np.testing.assert_allclose(np.abs(steps), [1, 3], rtol=1e-4)


def test_channels_that_do_not_differ_have_no_component() -> None:
    found = principal_component(np.repeat(np.random.default_rng(0).random((8, 8, 1)), 3, axis=2))
    assert np.isnan(found.explained)
    assert not found.plane.any()
