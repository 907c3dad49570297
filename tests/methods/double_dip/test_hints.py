from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ImageError
from segprior.io.formats.png import encode_indexed, encode_mask, encode_png
from segprior.methods.double_dip.hints import (
    as_hint,
    check_hint,
    hint_from_saliency,
    hint_picture,
    read_scribbles,
    reduce_hint,
)
from segprior.methods.foreground.config import ForegroundConfig
from segprior.result import Segmentation
from tests.helpers.bombs import png
from tests.helpers.written import encoded, npy

MARKS = np.array([[1, 0, -1], [-1, 1, 0]], np.int8)


@pytest.mark.parametrize(
    "source",
    [
        MARKS,
        MARKS.astype(np.int64),
        np.array([[255, 128, 0], [0, 200, 100]], np.uint8),
        np.array([[1.0, 0.5, 0.0], [0.1, 0.9, 0.6]], np.float32),
        npy(MARKS),
        encode_png(hint_picture(MARKS)),
        encoded(np.repeat(hint_picture(MARKS)[..., None], 3, 2), "PNG"),
        encode_png(hint_picture(MARKS).astype(np.uint16) * 257),
    ],
)
def test_a_hint_has_three_values(source: Any) -> None:
    found = as_hint(source)
    assert found.dtype == np.int8
    np.testing.assert_array_equal(found, MARKS)


MASK = np.array([[0, 1, 1], [0, 0, 1]], np.uint8)


@pytest.mark.parametrize(
    "source",
    [
        MASK,
        MASK > 0,
        MASK.astype(np.int64),
        MASK * np.uint8(255),
        encode_mask(MASK),
        encode_png(MASK),
        encode_indexed(MASK * np.uint8(3)),
        npy(MASK),
        npy(MASK > 0),
        Segmentation(
            labels=MASK, confidence=np.ones((2, 3), np.float32), score=1.0,
            config=ForegroundConfig(), seed=0, seconds=0.0,
        ),
    ],
)  # fmt: skip
def test_a_mask_leaves_nothing_unknown(source: Any) -> None:
    np.testing.assert_array_equal(as_hint(source), np.where(MASK > 0, 1, -1))


def test_transparency_of_a_hint_does_not_count() -> None:
    grey = hint_picture(MARKS)
    picture = np.stack([grey, np.full_like(grey, 9)], -1)
    np.testing.assert_array_equal(as_hint(encoded(Image.fromarray(picture, "LA"), "PNG")), MARKS)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (np.array([[2, -1]], np.int8), "holds 2"),
        (np.array([[300, 0]], np.int64), "holds 300"),
        (np.array([[0.5, 1.5]]), "0.5 to 1.5"),
        (np.array([[0.5, np.nan]]), "nan"),
        (np.zeros((2, 2, 4)), r"\(2, 2, 4\)"),
        (np.zeros((0, 2)), r"\(0, 2\)"),
        (b"not a picture", "not a picture"),
        ("nowhere.png", "nowhere.png"),
    ],
)
def test_what_is_no_hint_is_refused(source: Any, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        as_hint(source)


def test_sizes_are_matched_by_nearest_neighbour() -> None:
    double = MARKS.repeat(2, 0).repeat(2, 1)
    np.testing.assert_array_equal(as_hint(MARKS, (4, 6)), double)
    np.testing.assert_array_equal(as_hint(double, (2, 3)), MARKS)
    assert as_hint(MARKS, (20, 31)).shape == (20, 31)


def test_thin_strokes_survive_being_reduced() -> None:
    hint = np.zeros((64, 64), np.int8)
    hint[33, 10:50] = 1
    hint[5, :] = -1
    small = reduce_hint(hint, (8, 8))
    assert (small[4, 2:6] == 1).all()
    assert (small[0] == -1).all()
    assert not small[6:].any()
    mask = np.where(np.arange(64)[:, None] < 32, np.int8(1), np.int8(-1)) * np.ones(
        (1, 64), np.int8
    )
    np.testing.assert_array_equal(reduce_hint(mask, (8, 8)), mask[::8, ::8])


def test_the_most_and_the_least_salient_are_marked() -> None:
    saliency = np.linspace(0, 3, 256 * 16).reshape(64, 64).astype(np.float32)
    hint = hint_from_saliency(saliency)
    assert (hint > 0).mean() == pytest.approx(15.5 / 255, abs=0.01)
    assert (hint < 0).mean() == pytest.approx(15.5 / 255, abs=0.01)
    assert hint.ravel()[0] == -1
    assert hint.ravel()[-1] == 1
    wider = hint_from_saliency(saliency, above=127.5, below=127.5)
    assert (wider != 0).all()
    assert not hint_from_saliency(np.ones((8, 8), np.float32)).any()


def test_a_common_lowest_level_is_background() -> None:
    saliency = np.zeros((10, 10), np.float32)
    saliency[:2] = np.linspace(0.1, 1, 20).reshape(2, 10)
    hint = hint_from_saliency(saliency)
    assert (hint[2:] == -1).all()
    assert (hint > 0).any()


@pytest.mark.parametrize(("value", "missing"), [(1, "background"), (-1, "foreground"), (0, "fore")])
def test_empty_and_full_hints_are_refused(value: int, missing: str) -> None:
    with pytest.raises(ImageError, match=f"marks no {missing}"):
        check_hint(np.full((8, 8), value, np.int8))


def test_a_hint_with_both_is_fine() -> None:
    check_hint(MARKS)


STROKES = np.array([[1, 0, -1, -1]], np.int8)


@pytest.mark.parametrize("unmarked", [0, 255])
@pytest.mark.parametrize("encode", [encode_png, encode_indexed, npy, np.asarray])
def test_scribbled_labels(unmarked: int, encode: Any) -> None:
    labels = np.array([[1, unmarked, 2, 7]], np.uint8)
    np.testing.assert_array_equal(read_scribbles(encode(labels), (1, 4)), STROKES)


def strokes() -> NDArray[np.uint8]:
    return np.array([[(0, 200, 30), (255, 255, 255), (220, 20, 0), (180, 60, 50)]], np.uint8)


def test_scribbled_colours() -> None:
    np.testing.assert_array_equal(read_scribbles(encoded(strokes(), "PNG"), (1, 4)), STROKES)
    alpha = np.array([[[255], [255], [255], [0]]], np.uint8)
    picture = np.concatenate([strokes(), alpha], -1)
    np.testing.assert_array_equal(read_scribbles(encoded(picture, "PNG"), (1, 4)), [[1, 0, -1, 0]])
    assert read_scribbles(strokes(), (5, 8)).shape == (5, 8)


def test_scribbled_points(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text("0,0,1\n3,4,2\n")
    found = read_scribbles(file, (5, 6))
    assert found[0, 0] == 1
    assert found[3, 4] == -1
    assert np.count_nonzero(found) == 2


def test_what_is_no_scribble_is_refused() -> None:
    with pytest.raises(ImageError, match="1 colour, not green or red"):
        read_scribbles(encoded(np.zeros((8, 8, 3), np.uint8), "JPEG"), (8, 8))
    with pytest.raises(ImageError, match="not labels"):
        read_scribbles(np.zeros((8, 8)), (8, 8))
    with pytest.raises(ImageError, match="columns nothing and no points"):
        read_scribbles(io.BytesIO(b"nothing"), (8, 8))


def test_hints_have_a_limit(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", 9000, 9000, bits=1)
    with pytest.raises(ImageError, match="above the limit of 64"):
        as_hint(path)
    with pytest.raises(ImageError, match="above the limit of 64"):
        as_hint(path, (9, 9))
    with pytest.raises(ImageError, match="above the limit of 64"):
        read_scribbles(path, (9, 9))
