from __future__ import annotations

import numpy as np
import pytest
import torch

from segprior.nn.compiled import upconv
from segprior.nn.shared.bilinear import squares

# Numba compiles once for all tests of one process.
pytestmark = pytest.mark.xdist_group("compiled")


def test_moments_of_the_enlarged_image() -> None:
    x = np.random.default_rng(0).normal(size=(5, 2, 9)).astype(np.float32)
    kept, total = np.empty_like(x), np.zeros((2, 2))
    z, x = x, np.empty_like(x)
    norm = np.array([[2, 1], [0, 0.5], [0, 0], [1, 1]], np.float32)
    tables = [table.astype(np.float32) for size in (5, 9) for table in squares(size)]
    upconv.enlarged_moments(kept, x, z, norm, *tables, total)
    made = z * norm[0][:, None] + norm[1][:, None]
    np.testing.assert_allclose(x, np.maximum(made, 0.2 * made), rtol=1e-5)
    small = torch.from_numpy(x).permute(1, 0, 2)[None]
    large = torch.nn.functional.interpolate(
        small, scale_factor=2, mode="bilinear", align_corners=True
    )[0]
    np.testing.assert_allclose(total[0], large.sum((1, 2)), rtol=1e-4)
    np.testing.assert_allclose(total[1], (large * large).sum((1, 2)), rtol=1e-4)
