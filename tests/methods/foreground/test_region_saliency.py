from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.features.textons import texton_map
from segprior.image.colour import as_colours
from segprior.methods.foreground.region_saliency import WEIGHTS, evidence_of_object, saliency
from segprior.regions.merging import Judged, Weights, first_regions, judge


def given(
    truth: NDArray[np.bool_], channels: int = 3
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int64], Judged]:
    """Regions of an object of one colour on a ground of another, both with noise."""
    colours = np.array([[0.3, 0.5, 0.35, 0.6, 0.2], [0.75, 0.45, 0.25, 0.3, 0.5]])
    image = colours[truth.astype(int)][..., :channels]
    image = image + np.random.default_rng(0).normal(0, 0.03, image.shape)
    seen = as_colours(np.ascontiguousarray(image, np.float32))
    regions, strength = first_regions(seen)
    textons = texton_map(seen, 0)
    return regions, seen, textons, judge(regions, strength, textons, Weights())


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("at", [(30, 50), (55, 95)], ids=["in the middle", "off the middle"])
def test_a_stranger_to_the_border_stands_out(at: tuple[int, int], channels: int) -> None:
    truth = np.zeros((96, 144), bool)
    truth[at[0] : at[0] + 34, at[1] : at[1] + 40] = True
    regions, colours, textons, judged = given(truth, channels)
    odds = saliency(regions, colours, textons, judged)[regions]
    assert odds[truth].mean() > 0 > odds[~truth].mean()
    inside = np.quantile(odds[truth], 0.1)
    assert (odds[~truth] < inside).mean() > 0.9


def test_evidence_is_standard_over_the_pixels_and_bounded() -> None:
    truth = np.zeros((64, 80), bool)
    truth[20:40, 30:60] = True
    regions, colours, textons, judged = given(truth)
    found = evidence_of_object(regions, colours, textons, judged)
    assert found.shape == (regions.max() + 1, len(WEIGHTS))
    assert np.abs(found).max() <= 3
    pixels = found[regions.ravel()]
    assert np.abs(pixels.mean(axis=0)).max() < 0.3
    assert 0.6 < pixels.std(axis=0).min() <= pixels.std(axis=0).max() < 1.1


def test_flips_turn_with_the_image() -> None:
    regions, colours, textons, judged = given(np.eye(40, dtype=bool).repeat(2, axis=1))
    one = saliency(regions, colours, textons, judged)[regions]
    turned = np.ascontiguousarray(regions[::-1, ::-1])
    other = saliency(
        turned,
        np.ascontiguousarray(colours[::-1, ::-1]),
        np.ascontiguousarray(textons[::-1, ::-1]),
        judged,
    )[turned]
    np.testing.assert_allclose(other[::-1, ::-1], one, atol=1e-6)


def test_two_regions_are_enough() -> None:
    regions = np.zeros((12, 16), np.int32)
    regions[4:8, 5:11] = 1
    colours = regions[..., None].astype(np.float32)
    textons = regions.astype(np.int64)
    judged = judge(regions, regions.astype(np.float32), textons, Weights())
    odds = saliency(regions, colours, textons, judged)
    assert np.isfinite(odds).all()
    assert odds[1] > odds[0]
