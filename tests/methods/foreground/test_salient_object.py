from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from segprior.methods.foreground.salient_object import read_object
from tests.helpers.readings import iou, textured


def test_one_object_is_found_by_a_vote_of_four() -> None:
    image, _ = textured(64)
    found = read_object(image, 0)
    assert found.kind == "object"
    assert found.levels is None
    assert found.share.dtype == np.float32
    assert 0 <= found.share.min() < 0.1 < 0.9 < found.share.max() <= 1
    seen = found.share > 0.2
    assert found.score == pytest.approx(np.abs(2 * found.share[seen] - 1).mean(), rel=1e-5)
    assert 0.5 < found.evidence["agreement"] <= 1
    assert read_object(textured(300)[0], 0).share.shape == (256, 256)


def test_regions_have_a_say_in_the_vote() -> None:
    """Far from the centre voters miss a part of the object that looks like the rest of it."""
    draw = np.random.default_rng(2)
    truth = np.zeros((128, 160), bool)
    truth[40:100, 50:110] = True
    truth[60:80, 110:152] = True
    colour = np.where(truth[..., None], (0.75, 0.45, 0.25), (0.3, 0.5, 0.35))
    picture = np.clip(colour + draw.normal(0, 0.02, colour.shape), 0, 1).astype(np.float32)
    assert iou(read_object(picture, 0).share > 0.5, truth) > 0.95


def test_few_regions_are_like_themselves_alone() -> None:
    """A drawn square has a region of its own, which the large one around it must not outvote."""
    picture = np.full((128, 128, 1), 0.2, np.float32)
    picture[60:70, 60:70] = 0.8
    truth = picture[..., 0] > 0.5
    assert iou(read_object(picture, 0).share > 0.5, truth) > 0.8


def test_an_object_off_the_middle_is_found_by_what_reaches_the_border() -> None:
    draw = np.random.default_rng(3)
    truth = np.zeros((128, 160), bool)
    truth[70:115, 100:148] = True
    colour = np.where(truth[..., None], (0.75, 0.45, 0.25), (0.3, 0.5, 0.35))
    picture = np.clip(colour + draw.normal(0, 0.03, colour.shape), 0, 1).astype(np.float32)
    assert iou(read_object(picture, 0).share > 0.5, truth) > 0.9


def test_without_a_boundary_no_object_is_told() -> None:
    found = read_object(np.full((30, 40, 3), 0.4, np.float32), 0)
    assert found.share.shape == (30, 40)
    assert not found.share.any()
    assert found.score == found.evidence["agreement"] == 0


def test_same_bytes_on_one_thread_and_on_two() -> None:
    image, _ = textured(200)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(read_object(image, 0).share.tobytes())
    assert found[0] == found[1]


def test_a_frame_is_ground() -> None:
    inner, truth = textured(100)
    framed = np.ones((112, 112, inner.shape[2]), np.float32)
    framed[6:-6, 6:-6] = inner
    whole = np.zeros((112, 112), bool)
    whole[6:-6, 6:-6] = truth
    found = read_object(framed, 0)
    assert iou(found.share > 0.5, whole) > 0.9
    assert 0.1 < found.evidence["frame"] < 0.3
    assert read_object(inner, 0).evidence["frame"] == 0
