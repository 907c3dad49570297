from __future__ import annotations

import numpy as np
import pytest

from segprior.analysis.stability import mask_iou, window_agreement, window_masks
from segprior.errors import ConfigError
from segprior.io.image import as_image
from segprior.prior.prior import fit_prior


def test_no_window_draws_a_frame() -> None:
    values = np.random.default_rng(0).integers(40, 70, (48, 64, 3))
    values[12:-12, 16:-16] += 130
    image = as_image(values.astype(np.uint8))
    prior = fit_prior(image, members=2, iterations=30)
    inside = np.zeros(image.shape[:2], bool)
    inside[12:-12, 16:-16] = True
    frame = np.ones(inside.shape, bool)
    frame[4:-4, 4:-4] = False
    for source in (None, prior):
        masks = window_masks(image, (1, 3, 5, 7, 11), prior=source)
        for window, mask in masks.items():
            assert not mask[frame].any(), window
            assert mask_iou(mask, inside) > 0.75, window


def test_an_object_at_the_border_keeps_its_rim() -> None:
    image = np.random.default_rng(0).integers(40, 70, (48, 64, 3))
    image[16:, 16:48] += 130
    masks = window_masks(as_image(image.astype(np.uint8)), (3, 7))
    for mask in masks.values():
        assert mask[-1, 20:44].all()
        assert not mask[-1, :12].any()


def test_window_agreement() -> None:
    one = np.zeros((10, 10), bool)
    one[:5] = True
    half = one.copy()
    half[:, 5:] = False
    found = window_agreement({5: ~half, 1: one, 3: half})
    assert [line["windows"] for line in found] == [[1, 3], [3, 5]]
    assert found[0]["iou"] == found[0]["split_iou"] == 0.5
    assert found[1]["iou"] == 0
    assert found[1]["split_iou"] == 1
    assert mask_iou(np.zeros((4, 4), bool), np.zeros((4, 4), bool)) == 1


def test_windows_must_be_odd() -> None:
    with pytest.raises(ConfigError, match="window=2"):
        window_masks(np.zeros((16, 16, 3), np.float32), (1, 2))
