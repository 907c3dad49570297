"""Labels drawn over an image."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.image.overlay import draw_labels, draw_mask
from segprior.image.palette import HIGHLIGHT, palette


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(1, 255, (40, 60, 3), np.uint8)


@pytest.fixture
def mask() -> NDArray[np.bool_]:
    mask = np.zeros((40, 60), bool)
    mask[10:30, 20:45] = True
    return mask


def test_foreground_is_kept_and_background_darker_and_greyer(
    picture: NDArray[np.uint8], mask: NDArray[np.bool_]
) -> None:
    before = picture.copy()
    drawn = draw_mask(picture, mask, alpha=0.5, boundaries=False)
    np.testing.assert_array_equal(picture, before)
    np.testing.assert_array_equal(drawn[mask], picture[mask])
    assert np.all(drawn[~mask].max(axis=1) < picture[~mask].max(axis=1))
    assert np.all(np.ptp(drawn[~mask], axis=1) <= np.ptp(picture[~mask], axis=1) // 4 + 1)


def test_strength(picture: NDArray[np.uint8], mask: NDArray[np.bool_]) -> None:
    none = draw_mask(picture, mask, alpha=0, boundaries=False)
    np.testing.assert_array_equal(none, picture)
    assert np.all(draw_mask(picture, mask, alpha=1, boundaries=False)[~mask] == 0)
    labels = mask.astype(int) * 3
    tinted = draw_labels(picture, labels, alpha=1, boundaries=False)
    np.testing.assert_array_equal(tinted[mask], np.broadcast_to(palette()[3], (500, 3)))
    np.testing.assert_array_equal(tinted[~mask], picture[~mask])


def test_line_runs_along_the_boundary_only(
    picture: NDArray[np.uint8], mask: NDArray[np.bool_]
) -> None:
    line = np.all(draw_mask(picture, mask, alpha=0.5, boundaries=True) == HIGHLIGHT, axis=-1)
    assert line[9, 20:45].all()
    assert line[10:30, 44].all()
    assert not line[:8].any()
    assert not line[13:27, 24:41].any()
    labels = np.where(mask, 2, 1)
    white = np.all(draw_labels(picture, labels, alpha=0.5, boundaries=True) == 255, axis=-1)
    np.testing.assert_array_equal(white, line)


@pytest.mark.parametrize("value", [False, True])
def test_no_boundary_no_line(picture: NDArray[np.uint8], value: bool) -> None:
    mask = np.full((40, 60), value)
    drawn = draw_mask(picture, mask, alpha=0.5, boundaries=True)
    np.testing.assert_array_equal(drawn, draw_mask(picture, mask, alpha=0.5, boundaries=False))


def test_lines_grow_with_the_picture() -> None:
    widths = []
    for side in (64, 1600, 3200):
        mask = np.zeros((16, side), bool)
        mask[:, side // 2 :] = True
        drawn = draw_mask(np.full((16, side, 3), 90, np.uint8), mask, alpha=0, boundaries=True)
        widths.append(int(np.all(drawn[8] == HIGHLIGHT, axis=-1).sum()))
    assert widths == [1, 5, 9]


def test_lines_are_as_thick_on_a_slant() -> None:
    rows, columns = np.mgrid[:1600, :1600]
    drawn = draw_mask(np.zeros((1600, 1600, 3), np.uint8), rows > columns, alpha=0, boundaries=True)
    share = np.all(drawn == HIGHLIGHT, axis=-1).sum() / (1600 * 2**0.5)
    assert 4 < share < 7
