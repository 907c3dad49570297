from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest

from segprior.errors import ImageError
from segprior.io.formats.labelme import encode_labelme
from segprior.io.marks.marks import GROUND
from segprior.io.marks.shapes import read_shapes

SHAPE = (12, 16)


def shape(label: Any, kind: str | None, *points: Any) -> dict[str, Any]:
    return {"label": label, "points": list(points), "shape_type": kind, "group_id": None}


def document(*shapes: Any, **fields: Any) -> bytes:
    """A file of LabelMe; its points are (column, row)."""
    whole = {
        "version": "5.5.0", "flags": {}, "shapes": list(shapes), "imagePath": "../../nowhere.png",
        "imageData": "not base64", "imageHeight": SHAPE[0], "imageWidth": SHAPE[1],
    }  # fmt: skip
    return json.dumps(whole | fields).encode()


def read(data: bytes) -> tuple[np.ndarray[Any, Any], list[list[int]], str]:
    marks, told = read_shapes(io.BytesIO(data), "a.json", SHAPE)
    assert marks.values.dtype == np.int32
    assert marks.values.shape == SHAPE
    return marks.values, marks.points.tolist(), told


def places(values: np.ndarray[Any, Any], label: int) -> list[list[int]]:
    found: list[list[int]] = np.argwhere(values == label).tolist()
    return found


def test_points_and_names() -> None:
    values, points, told = read(
        document(
            shape("cell", "point", [3.9, 2.1]),
            shape("BG", "point", [0, 0]),
            shape("wall", "point", [16, 12]),
        )
    )
    assert points == [[2, 3, 1], [0, 0, 0], [11, 15, 2]]
    assert places(values, 1) == [[2, 3]]
    assert places(values, GROUND) == [[0, 0]]
    assert places(values, 2) == [[11, 15]]
    assert np.count_nonzero(values) == 3
    assert told == "'BG' is ground, 'cell' is label 1, 'wall' is label 2"


def test_lines() -> None:
    values, points, _ = read(
        document(
            shape("1", "line", [1.5, 2.5], [5.5, 2.5]),
            shape("2", "linestrip", [10.5, 1.5], [10.5, 3.5], [12.5, 5.5]),
        )
    )
    assert places(values, 1) == [[2, column] for column in range(1, 6)]
    assert places(values, 2) == [[1, 10], [2, 10], [3, 10], [4, 11], [5, 12]]
    assert points == []


@pytest.mark.parametrize("corners", [([2, 3], [6, 5]), ([6, 3], [2, 5]),
                                     ([2, 3], [6, 3], [6, 5], [2, 5])])  # fmt: skip
def test_rectangles(corners: Any) -> None:
    values, _, _ = read(document(shape("a", "rectangle", *corners)))
    expected = np.zeros(SHAPE, int)
    expected[3:5, 2:6] = 1
    np.testing.assert_array_equal(values, expected)


def test_the_middle_of_a_pixel_decides() -> None:
    values, _, _ = read(document(shape("a", "rectangle", [2.6, 3.4], [6.4, 5.6])))
    expected = np.zeros(SHAPE, int)
    expected[3:6, 3:6] = 1
    np.testing.assert_array_equal(values, expected)


def test_circles_may_reach_out() -> None:
    values, _, _ = read(document(shape("a", "circle", [0.5, 6.5], [3.5, 6.5])))
    rows, columns = np.indices(SHAPE)
    np.testing.assert_array_equal(values == 1, (rows - 6) ** 2 + columns**2 <= 9)


def test_a_large_circle_is_everywhere() -> None:
    values, _, _ = read(document(shape("a", "circle", [3, 3], [1e300, 1e300])))
    assert (values == 1).all()


def test_polygons_are_filled_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    angles = np.linspace(0, 40, 99)
    curl = np.stack([8 + angles / 6 * np.cos(angles), 6 + angles / 8 * np.sin(angles)], axis=1)
    data = document(shape("a", "polygon", *curl.tolist()))
    whole = read(data)[0]
    assert 10 < np.count_nonzero(whole) < 150
    monkeypatch.setattr("segprior.io.marks.shapes._AT_ONCE", 30)
    np.testing.assert_array_equal(read(data)[0], whole)


def test_polygons_by_even_and_odd() -> None:
    star = [[8, 0.2], [12.1, 11.2], [0.9, 4.1], [15, 3.8], [4.3, 11]]
    values, _, _ = read(document(shape("a", None, *star)))
    from skimage.measure import points_in_poly

    rows, columns = np.indices(SHAPE)
    middles = np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5], axis=1)
    inside = points_in_poly(middles, np.array(star)).reshape(SHAPE)
    np.testing.assert_array_equal(values == 1, inside)
    assert not values[6, 8]  # its middle, which is gone round twice


def test_what_we_write_is_read_back_exactly() -> None:
    rng = np.random.default_rng(0)
    labels = np.kron(rng.integers(0, 4, (6, 8)), np.ones((2, 2), int))
    labels[rng.random(SHAPE) < 0.1] = 3
    values, _, told = read(encode_labelme(labels, mask=False, image="a.png"))
    np.testing.assert_array_equal(values, labels)
    assert told == ""
    values, _, told = read(encode_labelme(labels > 1, mask=True, image="a.png"))
    np.testing.assert_array_equal(values, labels > 1)
    assert told == "'foreground' is label 1"


def test_the_later_counts() -> None:
    values, _, _ = read(
        document(shape("1", "rectangle", [0, 0], [9, 9]), shape("bg", "point", [4, 4]))
    )
    assert values[4, 4] == GROUND
    assert np.count_nonzero(values == 1) == 80


def test_the_size_may_be_left_out() -> None:
    data = document(shape("1", "point", [4, 4]), imageHeight=None, imageWidth=None)
    assert read(data)[1] == [[4, 4, 1]]
    assert read(b"\xef\xbb\xbf" + data)[1] == [[4, 4, 1]]


def box(label: Any = "a", kind: str = "rectangle") -> dict[str, Any]:
    return shape(label, kind, [1, 1], [4, 4])


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"{", "broken JSON"),
        (b"[" * 100_000, "broken JSON"),
        (b"\xff\xfe{", "broken JSON"),
        (b"[]", "JSON of a list, not of LabelMe's shapes"),
        (b'"x"', "JSON of a str"),
        (b'{"type": "FeatureCollection", "features": []}', "JSON of keys type, features, not of"),
        (document(), "no shapes"),
        (document(box(), imageHeight=99), "an image of 99 x 16 pixels, for one of 12 x 16"),
        (document(box(), imageHeight="x\n"), "an image of x x 16 pixels"),
        (document(5), "shape 1 is a int"),
        (document(box(), box(label=None)), "shape 2 has the label None"),
        (document(box(kind="mask")), "shape 1 is a 'mask'; point, line, linestrip, polygon"),
        (document(box(kind="polygon")), "shape 1, a polygon, has 2 points"),
        (document(shape("a", "point", [1, 2], [3, 4])), "a point, has 2 points"),
        (document(shape("a", "point", [1, 2, 3])), "points that are not pairs of numbers"),
        (document(shape("a", "point", "xy")), "points that are not pairs of numbers"),
        (document(shape("a", "point", [1, float("nan")])), "not pairs of numbers"),
        (document(shape("a", "linestrip")), "not pairs of numbers"),
        (document(shape("a", "point", [17, 3])), "shape 1, a point, reaches row 3, column 17 of"),
        (document(shape("a", "line", [1, 1], [2, -0.5])), "a line, reaches row -0.5, column 2"),
        (document(shape("a", "circle", [-1, 1], [2, 2])), "a circle, reaches row 1, column -1"),
        (document(box(label="")), "a label without a name"),
        (document(box(label=300)), "got label 300"),
    ],
)
def test_what_was_seen_is_said(data: bytes, match: str) -> None:
    with pytest.raises(ImageError, match=rf"^a\.json: .*{match}") as caught:
        read(data)
    assert "\n" not in str(caught.value)


def test_work_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segprior.io.marks.shapes._LEAST_WORK", 0)
    with pytest.raises(ImageError, match="too large and too many"):
        read(document(*[shape("1", "rectangle", [0, 0], [16, 12])] * 64))
    monkeypatch.setattr("segprior.io.marks.shapes._MOST", 2)
    with pytest.raises(ImageError, match="3 shapes; at most 2"):
        read(document(box(), box(), box()))
    monkeypatch.setattr("segprior.io.marks.shapes._MOST", 10)
    monkeypatch.setattr("segprior.io.marks.shapes._LONGEST_SHAPES", 500)
    assert read(document(box(), imageData="A" * 1000))[0].any()
    with pytest.raises(ImageError, match="more than 500 bytes of shapes"):
        read(document(box(), imagePath="A" * 1000))
    monkeypatch.setattr("segprior.io.marks.shapes._LONGEST", 20)
    with pytest.raises(ImageError, match="more than 20 bytes of shapes"):
        read(document(box()))
