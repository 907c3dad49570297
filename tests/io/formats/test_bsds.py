from __future__ import annotations

import io
from typing import Any, cast

import numpy as np
import pytest
from scipy.io import savemat

from segprior.errors import ImageError
from segprior.io.formats.bsds import read_annotations, read_hierarchy, read_segmentations

LABELS = np.array([[1, 1, 2], [1, 3, 3]], np.uint16)
EDGES = np.array([[0, 1, 0], [1, 0, 0]], np.uint8)


def mat(**content: Any) -> bytes:
    stream = io.BytesIO()
    savemat(cast(Any, stream), content)
    return stream.getvalue()


def cells(*items: Any) -> np.ndarray[Any, Any]:
    found = np.empty((1, len(items)), object)
    for number, item in enumerate(items):
        found[0, number] = item
    return found


def test_annotations_of_several_people() -> None:
    people = [{"Segmentation": LABELS, "Boundaries": EDGES}] * 2
    found = read_annotations(mat(groundTruth=cells(*people)))
    assert len(found) == 2
    for labels, boundaries in found:
        np.testing.assert_array_equal(labels, LABELS)
        assert boundaries.dtype == np.bool_
        np.testing.assert_array_equal(boundaries, EDGES)


def test_segmentations_of_any_type() -> None:
    found = read_segmentations(mat(segs=cells(LABELS, LABELS.astype(float))))
    assert [labels.dtype.kind for labels in found] == ["u", "i"]
    for labels in found:
        np.testing.assert_array_equal(labels, LABELS)
    np.testing.assert_array_equal(read_segmentations(mat(segs=LABELS))[0], LABELS)


def test_a_hierarchy() -> None:
    strength = np.linspace(0, 1, 35).reshape(5, 7)
    np.testing.assert_array_equal(read_hierarchy(mat(ucm2=strength)), strength)
    small = strength[2::2, 2::2]
    np.testing.assert_array_equal(read_hierarchy(mat(ucm=small)), small)
    np.testing.assert_array_equal(read_hierarchy(mat(ucm=small, ucm2=strength)), strength)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "0 bytes"),
        (b"no such thing", "cannot be read as .mat"),
        (mat(segs=LABELS)[:150], "cannot be read as .mat"),
        (mat(other=1), "no variable 'groundTruth'"),
        (mat(groundTruth=LABELS), "groundTruth is of MATLAB's class 11; pass a file of BSDS500"),
        (mat(groundTruth=cells()), "0 annotators"),
        (mat(groundTruth=cells({"Segmentation": LABELS})), "Segmentation and Boundaries"),
        (
            mat(groundTruth=cells({"Segmentation": LABELS, "Boundaries": EDGES.T})),
            "unequal",
        ),
        (
            mat(groundTruth=cells({"Segmentation": LABELS / 2, "Boundaries": EDGES})),
            "Segmentation and Boundaries",
        ),
    ],
)
def test_complaints_about_annotations(data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words) as caught:
        read_annotations(data)
    assert "\n" not in str(caught.value)


def test_complaints_about_predictions() -> None:
    with pytest.raises(ImageError, match="whole numbers"):
        read_segmentations(mat(segs=cells(LABELS / 2)))
    with pytest.raises(ImageError, match="empty"):
        read_segmentations(mat(segs=cells()))
    with pytest.raises(ImageError, match="ucm2 is of MATLAB's class"):
        read_hierarchy(mat(ucm2="words"))
    with pytest.raises(ImageError, match="no file"):
        read_hierarchy("nowhere.mat")
