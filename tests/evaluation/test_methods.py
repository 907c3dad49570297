from __future__ import annotations

import sys

import numpy as np
import pytest

from segprior.errors import ConfigError
from segprior.evaluation.method_spec import contender
from segprior.evaluation.methods import catalogue, nesting_of
from segprior.methods.foreground.api import foreground

IMAGE = np.full((32, 40, 3), 0.2, np.float32)
IMAGE[8:24, 10:30] = (0.9, 0.5, 0.1)


def test_ours_and_the_usual_ones_are_there() -> None:
    assert list(catalogue("foreground")) == [
        "fast", "dsp", "published", "consensus", "image",
        "otsu", "grabcut", "kmeans", "rectangle", "blank",
    ]  # fmt: skip
    regions = list(catalogue("regions"))
    assert {"backprop", "continuity", "dynamic", "fast", "published"} < set(regions)
    assert regions[-5:] == ["felzenszwalb", "slic", "quickshift", "kmeans", "blank"]


def test_a_hierarchy_is_tried_before_it_is_timed() -> None:
    found = contender("regions", "hierarchy:coarseness=0,members=1")
    found.prepare()
    image = np.zeros((32, 40, 3), np.float32)
    image[8:24, 10:30] = 0.8
    assert found.run(image).labels.max() == 2


def test_ours_are_what_the_function_gives() -> None:
    made = contender("foreground", "image:window=3,n_clusters=2", seed=4)
    found = made.run(IMAGE)
    expected = foreground(IMAGE, preset="dsp", features="image", window=3, rng=4)
    assert np.array_equal(found.labels, expected.labels)
    assert found.score == expected.score
    assert made.settings["config"]["window"] == 3


def test_opencv_is_asked_for_before_its_method_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    cv2 = pytest.importorskip("cv2")
    assert contender("foreground", "grabcut").settings["version"] == cv2.__version__
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert "grabcut" in catalogue("foreground")
    with pytest.raises(ConfigError, match=r"segprior\[opencv\]"):
        contender("foreground", "grabcut")


def test_settings_that_only_running_can_check_are_tried_first() -> None:
    with pytest.raises(ConfigError, match="window=2"):
        contender("regions", "kmeans:window=2").check()


def test_what_goes_from_fine_to_coarse() -> None:
    def able(text: str) -> bool:
        return contender("regions", text).nesting is not None

    assert able("fast")
    assert able("hierarchy:edges=prior")
    assert able("felzenszwalb:min_size=9")
    assert not able("felzenszwalb:scale=9")
    assert not able("backprop")
    assert contender("foreground", "fast").nesting is None
    maps = nesting_of(contender("regions", "felzenszwalb")).run(IMAGE, [1.0, 1e6])
    assert isinstance(maps, list)
    assert [labels.max() > 1 for labels in maps] == [True, False]
    tree = nesting_of(contender("regions", "fast:edges=image")).run(IMAGE, [1.0])
    assert not isinstance(tree, list)
    assert tree.count(n_segments=1) == 1
    assert tree.edges == "image"
