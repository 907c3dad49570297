from __future__ import annotations

import numpy as np

from segprior.features.gradients import boundary_strength, gradient, hidden_gradient


def test_a_ramp_has_its_slope_and_channels_add_up_as_squares() -> None:
    ramp = np.repeat(np.arange(40, dtype=np.float32)[:, None], 30, axis=1)
    found = gradient(np.stack([3 * ramp, 4 * ramp], -1), 2)
    np.testing.assert_allclose(found[10:30], 5, rtol=1e-3)


def test_hidden_features_are_put_on_one_scale_and_lie_where_the_image_does() -> None:
    features = np.zeros((2, 12, 16, 3), np.float32)
    features[0, :, 8:] = 1
    features[1, :, 8:] = -700  # of another size and sign, but as clear
    found = hidden_gradient(features, (10.5, 16), (42, 64))
    assert found.shape == (42, 64)
    # The step is between columns 31 and 32.
    assert abs(found[20].argmax() - 31.5) < 2
    np.testing.assert_allclose(found[20, 31], hidden_gradient(features[:1], (10.5, 16), (42, 64))[
        20, 31
    ], rtol=1e-4)  # fmt: skip
    assert np.ptp(found, axis=0).max() < 1e-5


def test_rows_beyond_the_image_are_cut_off() -> None:
    features = np.zeros((1, 8, 8, 1), np.float32)
    features[:, 6:] = 1
    inside = hidden_gradient(features, (4, 8), (40, 80))
    whole = hidden_gradient(features, (8, 8), (80, 80))
    np.testing.assert_allclose(inside, whole[:40], atol=1e-4)


def test_strength_follows_the_contrast_by_its_root() -> None:
    image = np.zeros((40, 60, 1), np.float32)
    image[:, 30:] = 10
    low, high = (boundary_strength(image * scale, []) for scale in (1, 4))
    np.testing.assert_allclose(high, 2 * low, rtol=1e-4)
    edge = np.zeros((40, 60), np.float32)
    edge[:, 10] = 1
    both = boundary_strength(image, [edge, edge])
    assert both[:, 10].min() > 1
    np.testing.assert_allclose(both[:, 25:35], 0.7 * low[:, 25:35], rtol=1e-4)
