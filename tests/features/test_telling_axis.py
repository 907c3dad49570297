from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.features.telling_axis import find_axis
from segprior.image.otsu import otsu_threshold


def scene(
    bands: int, shown: dict[int, float], seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Discs that are seen in some bands, on a texture that all bands have in common."""
    draw = np.random.default_rng(seed)
    truth = np.zeros((90, 120), bool)
    rows, columns = np.indices(truth.shape)
    for row, column in ((20, 30), (60, 40), (35, 85), (70, 95)):
        truth |= (rows - row) ** 2 + (columns - column) ** 2 < 100
    common = np.kron(draw.normal(0, 0.06, (30, 40)), np.ones((3, 3)))
    image = 0.4 + common[..., None] + draw.normal(0, 0.02, (*truth.shape, bands))
    for band, step in shown.items():
        image[..., band] += step * (truth - truth.mean())
    return image.astype(np.float32), truth


def iou(level: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    above = level > otsu_threshold(level)
    return max(float((of & truth).sum() / (of | truth).sum()) for of in (above, ~above))


@pytest.mark.parametrize(
    ("bands", "shown"),
    [(3, {0: -0.12, 1: 0.12}), (9, {1: 0.1, 4: 0.08, 7: -0.18}), (2, {0: 0.15, 1: -0.15})],
    ids=["green on brown", "three bands of nine", "two bands"],
)
def test_things_that_grey_does_not_show_are_told_by_a_mixture(
    bands: int, shown: dict[int, float]
) -> None:
    image, truth = scene(bands, shown)
    found = find_axis(image)
    assert found.weights is not None
    assert found.weights.shape == (bands,)
    assert found.separability > 0.85
    assert iou(found.levels(image), truth) > 0.9
    grey = image.mean(axis=2).astype(np.float64)
    assert iou(grey, truth) < 0.4


@pytest.mark.parametrize("bands", [1, 3])
def test_what_grey_shows_is_told_by_grey(bands: int) -> None:
    image, truth = scene(1, {0: 0.5})
    found = find_axis(np.repeat(image, bands, axis=2))
    assert found.weights is None
    assert iou(found.levels(np.repeat(image, bands, axis=2)), truth) > 0.95


@pytest.mark.parametrize("bands", [1, 3, 5])
def test_gain_and_offset_change_nothing(bands: int) -> None:
    image, _ = scene(bands, {0: 0.4} if bands == 1 else {0: -0.2, bands - 1: 0.2})
    one = find_axis(image).levels(image)
    other = find_axis(image * np.float32(0.05) + np.float32(0.3))
    np.testing.assert_allclose(
        other.levels(image * np.float32(0.05) + np.float32(0.3)), one, atol=2e-3 * np.ptp(one)
    )


def test_a_part_lies_on_the_scale_of_the_whole() -> None:
    image, _ = scene(3, {0: -0.12, 1: 0.12})
    found = find_axis(image)
    part = found.levels(np.ascontiguousarray(image[20:70, 30:90]))
    np.testing.assert_allclose(part[5:-5, 5:-5], found.levels(image)[25:65, 35:85], atol=1e-9)


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_bands_of_one_value_tell_nothing_and_are_no_error(value: float) -> None:
    flat = np.full((20, 30, 4), value, np.float32)
    assert find_axis(flat).separability == 0
    assert np.isfinite(find_axis(flat).levels(flat)).all()
    flat[5:9, 5:12, 2] += 0.25
    found = find_axis(flat)
    truth = np.zeros((20, 30), bool)
    truth[5:9, 5:12] = True
    assert iou(found.levels(flat), truth) > 0.7
