from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.segmentation import watershed

from segprior.regions.watershed import basins
from segprior.runtime import loops


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("shape", [(40, 50), (1, 30), (30, 1), (2, 2), (17, 3)])
@pytest.mark.parametrize("levels", [2, 5, 40, None])
def test_labels_are_those_of_scikit_image(
    seed: int, shape: tuple[int, int], levels: int | None
) -> None:
    image = np.random.default_rng(seed).random(shape, np.float32)
    image = gaussian_filter(image, 1.0)
    if levels:  # with plateaus, where the order decides
        image = np.round(image * levels).astype(np.float32)
    labels = basins(image)
    assert labels.dtype == np.int32
    if image.min() < image.max():
        np.testing.assert_array_equal(labels, watershed(image))


@pytest.mark.parametrize("there", [True, False])
def test_an_image_of_one_level_is_one_basin(there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not there:
        monkeypatch.setattr(loops, "are_there", lambda: False)
    assert (basins(np.zeros((8, 9), np.float32)) == 1).all()


def test_without_loops_scikit_image_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(0).random((20, 30), np.float32)
    expected = basins(image)
    monkeypatch.setattr(loops, "are_there", lambda: False)
    np.testing.assert_array_equal(basins(image), expected)
