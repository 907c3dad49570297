from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.image import upsampling
from segprior.image.upsampling import enlarge, enlarge_labels, label_strips


def whole(maps: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    found = np.full((len(maps), *shape), np.nan, np.float32)
    for rows, strip in enlarge(maps, shape):
        found[:, rows] = strip
    return found


def test_a_ramp_stays_a_ramp() -> None:
    maps = np.stack([np.arange(8.0)[:, None].repeat(6, 1), np.arange(6.0)[None].repeat(8, 0)])
    found = whole(maps.astype(np.float32), (32, 18))
    rows = np.clip((np.arange(32) + 0.5) / 4 - 0.5, 0, 7)
    columns = np.clip((np.arange(18) + 0.5) / 3 - 0.5, 0, 5)
    np.testing.assert_allclose(found[0], rows[:, None].repeat(18, 1), atol=1e-5)
    np.testing.assert_allclose(found[1], columns[None].repeat(32, 0), atol=1e-5)


def test_flipping_the_map_flips_the_result() -> None:
    maps = np.random.default_rng(0).random((2, 9, 7)).astype(np.float32)
    found = whole(maps, (31, 40))
    np.testing.assert_allclose(whole(maps[:, ::-1], (31, 40)), found[:, ::-1], atol=1e-5)
    np.testing.assert_allclose(whole(maps[..., ::-1], (31, 40)), found[..., ::-1], atol=1e-5)


def test_the_same_size_changes_nothing() -> None:
    maps = np.random.default_rng(0).random((2, 9, 7)).astype(np.float32)
    before = maps.copy()
    np.testing.assert_array_equal(whole(maps, (9, 7)), maps)
    for _, strip in enlarge(maps, (9, 7)):
        strip[:] = 0
    np.testing.assert_array_equal(maps, before)


def test_strips_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    maps = np.random.default_rng(0).random((3, 9, 7)).astype(np.float32)
    expected = whole(maps, (50, 30))
    for numbers in (1, 3 * 30 * 7):
        monkeypatch.setattr(upsampling, "STRIP_NUMBERS", numbers)
        np.testing.assert_array_equal(whole(maps, (50, 30)), expected)


def test_a_map_of_one_pixel() -> None:
    assert (whole(np.full((1, 1, 1), 3, np.float32), (4, 5)) == 3).all()


@pytest.mark.parametrize("shape", [(13, 17), (14, 17), (20, 40), (131, 66)])
def test_labels_are_enlarged_as_their_indicators_are(shape: tuple[int, int]) -> None:
    labels = np.random.default_rng(0).integers(0, 4, (13, 17)).astype(np.int32)
    found = enlarge_labels(labels, shape)
    maps = np.stack([labels == label for label in range(4)]).astype(np.float32)
    whole = np.concatenate([strip for _, strip in enlarge(maps, shape)], axis=1)
    picked = np.take_along_axis(whole, found[None], 0)[0]
    np.testing.assert_allclose(picked, whole.max(0), atol=1e-6)
    assert found.dtype == np.int32


def test_no_label_is_lost() -> None:
    labels = np.arange(12 * 15, dtype=np.int32).reshape(12, 15)
    for shape in ((12, 16), (13, 16), (17, 22)):
        assert len(np.unique(enlarge_labels(labels, shape))) == labels.size
    strips = np.concatenate([strip for _, strip in label_strips(labels, (24, 30))])
    np.testing.assert_array_equal(strips, enlarge_labels(labels, (24, 30)))


@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (9, 7)])
def test_strips_of_labels_do_not_show(
    shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.random.default_rng(0).integers(0, 3, shape).astype(np.int32)
    expected = np.concatenate([strip for _, strip in label_strips(labels, (50, 30))])
    monkeypatch.setattr(upsampling, "STRIP_NUMBERS", 8 * 30 * 7)
    strips = [strip for _, strip in label_strips(labels, (50, 30))]
    assert [len(strip) for strip in strips] == [7] * 7 + [1]
    np.testing.assert_array_equal(np.concatenate(strips), expected)
    assert np.concatenate(strips).dtype == np.int32


def test_a_pixel_between_four_labels_has_the_heaviest() -> None:
    # Two samples of one label outweigh a nearer one of another.
    labels = np.array([[1, 2], [2, 3]], np.int32)
    found = enlarge_labels(labels, (20, 20))
    assert found[0, 0] == 1
    assert found[19, 19] == 3
    assert (np.diag(found[8:12, 8:12]) == 2).all()
