from __future__ import annotations

import numpy as np
import pytest

from segprior.image.otsu import otsu_threshold


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_it_is_that_of_scikit_image_to_the_bit(kind: type) -> None:
    from skimage.filters import threshold_otsu

    rng = np.random.default_rng(0)
    for values in (
        rng.random((60, 47)),
        np.r_[rng.normal(0, 1, 500), rng.normal(4, 0.5, 90)] ** 2,
        np.repeat([0.1, 0.7], [3, 2]),
    ):
        assert otsu_threshold(values.astype(kind)) == threshold_otsu(values.astype(kind))


def test_of_values_that_are_all_the_same_it_is_that_value() -> None:
    assert otsu_threshold(np.full((4, 5), 0.3)) == 0.3
