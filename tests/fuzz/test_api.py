"""Arrays and options of all kinds, by Hypothesis: a result that is right in form, or our error."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import segprior
from segprior import metrics

pytest.importorskip("hypothesis", reason="hypothesis is not installed")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

pytestmark = pytest.mark.filterwarnings("ignore")
FEW = settings(
    max_examples=25, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
ALLOWED = (segprior.SegpriorError, TypeError, ValueError)

SIDES = st.integers(0, 20)
ARRAYS = st.one_of(
    npst.arrays(
        dtype=st.one_of(
            npst.boolean_dtypes(), npst.integer_dtypes(), npst.unsigned_integer_dtypes(),
            npst.floating_dtypes(sizes=(16, 32, 64)), npst.complex_number_dtypes(),
            npst.datetime64_dtypes(), npst.byte_string_dtypes(max_len=2),
        ),
        shape=st.one_of(
            st.tuples(), st.tuples(SIDES), st.tuples(SIDES, SIDES),
            st.tuples(SIDES, SIDES, st.integers(0, 5)), st.tuples(*[st.integers(0, 3)] * 4),
        ),
    ),
    npst.arrays(np.uint8, st.tuples(st.integers(8, 20), st.integers(8, 20), st.just(3))),
)  # fmt: skip
AXES = st.sampled_from([None, -1, 0, 1, 2, 3, -4])


def sides_of(image: NDArray[Any], axis: int | None) -> tuple[int, ...]:
    if axis is None or image.ndim == 2:
        return image.shape
    return tuple(np.delete(image.shape, axis))


def check_text(error: Exception) -> None:
    assert str(error)
    assert "\n" not in str(error) or not isinstance(error, segprior.SegpriorError)


@FEW
@given(image=ARRAYS, axis=AXES, alpha=st.sampled_from(["drop", "composite", "keep", "x"]))
def test_images(image: NDArray[Any], axis: int | None, alpha: Any) -> None:
    try:
        found = segprior.as_image(image, channel_axis=axis, alpha=alpha)
    except ALLOWED as error:
        check_text(error)
        return
    assert found.dtype == np.float32
    assert found.shape[:2] == sides_of(image, axis)
    assert ((found >= 0) & (found <= 1)).all()


@FEW
@given(image=ARRAYS, axis=AXES, seed=st.integers(-1, 2**40))
def test_masks(image: NDArray[Any], axis: int | None, seed: int) -> None:
    try:
        found = segprior.foreground(image, channel_axis=axis, rng=seed)
    except ALLOWED as error:
        check_text(error)
        return
    assert found.labels.shape == found.confidence.shape == sides_of(image, axis)
    assert set(np.unique(found.labels)) <= {0, 1}
    assert ((found.confidence >= 0) & (found.confidence <= 1)).all()
    assert 0 <= found.score <= 1


@FEW
@given(image=ARRAYS, coarseness=st.floats(allow_nan=True), classes=st.integers(-2, 9))
def test_label_maps(image: NDArray[Any], coarseness: float, classes: int) -> None:
    try:
        found = segprior.segment(image, coarseness=coarseness, classes=classes or None)
    except ALLOWED as error:
        check_text(error)
        return
    assert found.labels.shape == sides_of(image, -1)
    labels = np.unique(found.labels)
    assert labels.tolist() == list(range(1, len(labels) + 1))
    if classes:
        assert len(labels) <= classes


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4),
    st.lists(st.integers(-5, 50), max_size=3), st.tuples(st.integers(), st.integers()),
)  # fmt: skip
KINDS = [
    segprior.PriorConfig, segprior.ForegroundConfig, segprior.SegmentConfig,
    segprior.DoubleDipConfig, segprior.AnalysisConfig, segprior.TileConfig, segprior.EvaluateConfig,
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_options(kind: Any) -> None:
    names = st.sampled_from([*kind().to_dict(), "no_such_option"])

    @FEW
    @given(options=st.dictionaries(names, VALUES, max_size=3))
    def check(options: dict[str, Any]) -> None:
        try:
            config = kind.preset("fast", **options)
        except ALLOWED as error:
            check_text(error)
            return
        again = kind.preset("fast", **{name: config.to_dict()[name] for name in options})
        assert again == config

    check()


LABELS = npst.arrays(np.int64, st.tuples(st.integers(1, 9), st.integers(2, 9)),
                     elements=st.integers(0, 3))  # fmt: skip


@FEW
@given(truth=LABELS, prediction=LABELS)
def test_scores(truth: NDArray[Any], prediction: NDArray[Any]) -> None:
    for score in (metrics.covering, metrics.rand_index, metrics.variation_of_information):
        if truth.shape != prediction.shape:
            with pytest.raises(ALLOWED):
                score(truth, prediction)
            continue
        found = score(truth, prediction)
        assert math.isfinite(found)
        assert found >= 0
        perfect = 0.0 if score is metrics.variation_of_information else 1.0
        assert score(truth, truth) == pytest.approx(perfect)
