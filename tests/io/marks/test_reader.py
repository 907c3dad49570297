from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segprior.errors import ImageError, InputWarning
from segprior.io.formats.png import encode_indexed, encode_png
from segprior.io.marks.marks import GROUND
from segprior.io.marks.reader import read_marks, tell
from tests.helpers.bombs import png
from tests.helpers.written import encoded, npy

SHAPE = (20, 30)


def values() -> NDArray[np.int32]:
    marks = np.zeros(SHAPE, np.int32)
    marks[3, 4], marks[10, 20] = 1, 7
    return marks


def test_points_and_pictures_say_the_same(tmp_path: Path) -> None:
    expected = values()
    small = expected.astype(np.uint8)
    points = [(3, 4, 1), (10, 20, 7)]
    files = {
        "black.png": encode_png(small),
        "white.png": encode_png(np.where(small > 0, small, np.uint8(255))),
        "indexed.png": encode_indexed(small),
        "void.png": encode_indexed(np.where(np.arange(30) < 2, np.uint8(255), small)),
        "labels.tif": encoded(Image.fromarray(small), "TIFF"),
        "labels.npy": npy(expected),
        "points.npy": npy(np.array(points)),
        "points.csv": b"# row,column,label\n3,4,1\n10, 20, 7\n",
        "named.csv": b"\xef\xbb\xbfy,x,label\r\n3,4,1\r\n10,20,7\r\n",
        "napari.csv": b"index,axis-0,axis-1,label\n0.0,3.2,4.0,1\n1.0,9.9,19.8,7\n",
        "labelme.json": labelme(("1", "point", [4.5, 3.5]), ("7", "point", [20.5, 10.5])),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    for source in (expected, small, points, *files.values(), *tmp_path.iterdir(),
                   io.BytesIO(files["black.png"]), io.BytesIO(files["points.csv"])):  # fmt: skip
        marks = read_marks(source, SHAPE)
        assert marks.values.dtype == np.int32
        np.testing.assert_array_equal(marks.values, expected)
        assert marks.points.tolist() in ([], [list(point) for point in points])
    assert {read_marks(path, SHAPE).name for path in tmp_path.iterdir()} == set(
        map(str, tmp_path.iterdir())
    )


def labelme(*shapes: tuple[str, str, list[float]]) -> bytes:
    return json.dumps({
        "shapes": [
            {"label": label, "shape_type": kind, "points": [point]} for label, kind, point in shapes
        ],
        "imageHeight": SHAPE[0], "imageWidth": SHAPE[1],
    }).encode()  # fmt: skip


def strokes(under: NDArray[np.uint8]) -> NDArray[np.uint8]:
    picture = under.copy()
    picture[2:4, 3:12], picture[15:17, 5:25] = (0, 220, 10), (230, 0, 20)
    return picture


def drawn() -> NDArray[np.int32]:
    marks = np.zeros(SHAPE, np.int32)
    marks[2:4, 3:12], marks[15:17, 5:25] = 1, GROUND
    return marks


def test_strokes_in_pictures() -> None:
    white = np.full((*SHAPE, 3), 255, np.uint8)
    clear = np.zeros((*SHAPE, 4), np.uint8)
    clear[..., :3] = strokes(white)
    clear[..., 3] = np.where(drawn() != 0, 255, 0)
    clear[0, 0] = (0, 255, 0, 20)
    sources: list[Any] = [strokes(white), clear, npy(strokes(white))]
    sources += [encoded(strokes(white), kind) for kind in ("PNG", "TIFF", "BMP")]
    sources += [encoded(Image.fromarray(clear), "PNG")]
    for source in sources:
        marks = read_marks(source, SHAPE)
        np.testing.assert_array_equal(marks.values, drawn())
        assert marks.points.shape == (0, 3)


@pytest.mark.parametrize("channels", [1, 3])
def test_strokes_on_the_image(channels: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*SHAPE, channels)).astype(np.uint8)
    picture = strokes(np.broadcast_to(image, (*SHAPE, 3)))
    given = image.astype(np.float32) / np.float32(255)
    marks = read_marks(encoded(picture, "PNG"), SHAPE, image=given)
    np.testing.assert_array_equal(marks.values, drawn())


def test_strokes_beside_an_image_of_many_channels() -> None:
    image = np.zeros((*SHAPE, 5), np.float32)
    white = np.full((*SHAPE, 3), 255, np.uint8)
    np.testing.assert_array_equal(read_marks(strokes(white), SHAPE, image=image).values, drawn())


def test_what_was_guessed_is_said() -> None:
    white = np.full((*SHAPE, 3), 255, np.uint8)
    blue = strokes(white)
    blue[8, 5:20] = (0, 0, 255)
    with pytest.warns(InputWarning, match="^scribbles: strokes: red is ground, green is label 1"):
        assert (read_marks(blue, SHAPE).values[8, 5:20] == 2).all()
    with pytest.warns(InputWarning, match="blue is left out"):
        marks = read_marks(blue, SHAPE, several=False)
    np.testing.assert_array_equal(marks.values, drawn())
    with pytest.warns(InputWarning, match="'bg' is ground, 'cell' is label 1"):
        marks = read_marks(labelme(("cell", "point", [4, 3]), ("bg", "point", [0, 0])), SHAPE)
    assert marks.points.tolist() == [[3, 4, 1], [0, 0, 0]]
    with pytest.warns(InputWarning, match="a mask of 0 and 255, whose 255 is taken for label 1"):
        marks = read_marks(encode_png(np.where(values() > 0, np.uint8(255), np.uint8(0))), SHAPE)
    np.testing.assert_array_equal(marks.values, values() > 0)


def test_pictures_of_another_size_if_that_is_allowed() -> None:
    double = values().repeat(2, 0).repeat(2, 1)
    with pytest.raises(ImageError, match=r"^scribbles: 40 x 60 pixels for an image of 20 x 30; pa"):
        read_marks(double, SHAPE)
    np.testing.assert_array_equal(read_marks(double, SHAPE, any_size=True).values, values())
    large = strokes(np.full((*SHAPE, 3), 255, np.uint8)).repeat(3, 0).repeat(3, 1)
    with pytest.raises(ImageError, match="60 x 90 pixels for an image of 20 x 30"):
        read_marks(large, SHAPE)
    np.testing.assert_array_equal(read_marks(large, SHAPE, any_size=True).values, drawn())


@pytest.mark.parametrize(
    ("source", "match"),
    [
        (np.zeros((5, 5), int), "5 x 5 pixels for an image of 20 x 30"),
        (np.zeros(SHAPE, int), "nothing is marked; 0 and 255 are unmarked"),
        (np.array([[0, 255] * 15] * 20), "nothing is marked"),
        (np.full(SHAPE, 300), "got label 300"),
        (np.full(SHAPE, -1), "got label -1"),
        (np.ones(SHAPE), "type float64"),
        (np.ones((4, 3)), "type float64; pass whole numbers"),
        (np.zeros((*SHAPE, 3)), r"shape \(20, 30, 3\) and type float64 are no marks"),
        (np.zeros((*SHAPE, 5), np.uint8), r"shape \(20, 30, 5\) and type uint8 are no marks"),
        (np.zeros((*SHAPE, 2), np.uint8), r"shape \(20, 30, 2\), not a label map"),
        ([(20, 1, 1)], "row 20, column 1"),
        ([(1, 1, 255)], "got label 255"),
        ([(1, 1, 2), (1, 1, 1)], "row 1, column 1 is marked twice, with labels 2 and 1"),
        ("missing.csv", "no file missing"),
        (b"a,b,c\n1,2,3\n", "the bytes: columns a, b, c, none of them row"),
        (b"nothing", "columns nothing and no points"),
        (b"\x7fELF\0\0", "neither a picture nor text"),
        (b"", "0 bytes"),
        (b"20,1,1\n", "the bytes: point at row 20, column 1 of an image of 20 x 30"),
        (b"{}", r"JSON of keys \(none\), not of LabelMe"),
        (encoded(np.zeros((*SHAPE, 3), np.uint8), "JPEG"), "1 colour, not green or red"),
        (encoded(np.zeros(SHAPE, np.uint8), "JPEG"), "JPEG blurs labels; pass PNG"),
    ],
)
def test_what_was_seen_is_said(source: object, match: str) -> None:
    with pytest.raises(ImageError, match=match) as caught:
        read_marks(source, SHAPE)
    assert "\n" not in str(caught.value)


def test_a_folder_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"no file .*none\.csv; check its name"):
        read_marks(tmp_path / "none.csv", SHAPE)
    with pytest.raises(ImageError, match="is a folder"):
        read_marks(tmp_path, SHAPE)


def test_no_file_is_opened_that_labelme_names(tmp_path: Path) -> None:
    content = json.loads(labelme(("1", "point", [4, 3])))
    content |= {"imagePath": str(tmp_path / "missing.png"), "imageData": "!" * 100}
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert read_marks(tmp_path / "a.json", SHAPE).points.tolist() == [[3, 4, 1]]


def test_there_is_nothing_to_tell() -> None:
    tell("a", "")
    with pytest.warns(InputWarning, match="^a: b$"):
        tell("a", "b")


def test_marks_have_a_limit(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", 9000, 9000, bits=1)
    with pytest.raises(ImageError, match="above the limit of 64"):
        read_marks(path, SHAPE)
    with pytest.raises(ImageError, match="nothing is marked"):
        read_marks(path, (9000, 9000))
    (tmp_path / "a.csv").write_bytes(b"1,1,1\n" * (1 << 22))
    with pytest.raises(ImageError, match="more than 16777216 bytes of points"):
        read_marks(tmp_path / "a.csv", SHAPE)
