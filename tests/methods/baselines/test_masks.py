from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.errors import ConfigError
from segprior.methods.baselines import masks
from tests.helpers.scenes import INSIDE, square

MASKS: list[Callable[[NDArray[np.float32]], NDArray[Any]]] = [
    masks.otsu,
    lambda image: masks.kmeans_mask(image, 0),
]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("method", MASKS)
@pytest.mark.parametrize("inverted", [False, True])
def test_masks_find_the_object_whether_light_or_dark(
    method: Callable[[NDArray[np.float32]], NDArray[Any]], channels: int, inverted: bool
) -> None:
    picture = 1 - square(channels) if inverted else square(channels)
    assert np.mean(method(picture) == INSIDE) > 0.98


@pytest.mark.parametrize("method", MASKS)
def test_one_colour_has_no_object(
    method: Callable[[NDArray[np.float32]], NDArray[Any]],
) -> None:
    assert not method(np.full((16, 16, 3), 0.5, np.float32)).any()


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_grabcut_cuts_the_object_out_of_its_rectangle(channels: int) -> None:
    pytest.importorskip("cv2")
    mask = masks.grabcut(square(channels), 0)
    assert (mask.astype(bool) & INSIDE).sum() / (mask.astype(bool) | INSIDE).sum() > 0.9
    assert np.array_equal(mask, masks.grabcut(square(channels), 0))


def test_opencv_cuts_no_more_out_of_a_rectangle_that_holds_all() -> None:
    pytest.importorskip("cv2")
    assert masks.grabcut(square(), 0, inset=0.0).all()


def test_grabcut_without_opencv_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(ConfigError, match=r'pip install "segprior\[opencv\]"'):
        masks.grabcut(square(), 0)


def test_the_rectangle_is_inset_on_each_side() -> None:
    mask = masks.rectangle(np.zeros((50, 100, 3), np.float32), inset=0.1)
    assert mask.sum() == 40 * 80
    assert mask[5, 10] == 1
    assert mask[4, 10] == mask[5, 9] == mask[45, 50] == mask[25, 90] == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: masks.kmeans_mask(square(), 0, k=1),
        lambda: masks.rectangle(square(), inset=0.5),
        lambda: masks.rectangle(square(), inset=-0.1),
    ],
)
def test_settings_out_of_range_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ConfigError, match="got "):
        call()
