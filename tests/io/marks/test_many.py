from __future__ import annotations

from pathlib import Path

import pytest

from segprior.errors import ImageError, InputWarning
from segprior.io.marks.many import read_marks_of_many


def test_points_by_image(tmp_path: Path) -> None:
    path = tmp_path / "clicks.csv"
    path.write_bytes(
        "\ufeffimage,row,column,label,who\r\nb.png,3,4,1,ann\r\nsub/a.png,0,0,2,bob\r\n"
        "./b.png,9,9,0,ann\r\n".encode()
    )
    found = read_marks_of_many(path)
    assert list(found) == ["b.png", "sub/a.png"]
    assert found["b.png"].tolist() == [[3, 4, 1], [9, 9, 0]]
    assert found["sub/a.png"].tolist() == [[0, 0, 2]]


def test_without_labels_all_is_the_object() -> None:
    found = read_marks_of_many(b"x,y,image\n4,3,a.png\n")
    assert found["a.png"].tolist() == [[3, 4, 1]]


def test_names_have_one_number_in_all_images() -> None:
    text = b"image,row,column,label\na.png,1,1,leaf\nb.png,1,1,bg\nb.png,2,2,stem\nc.png,0,0,leaf\n"
    with pytest.warns(InputWarning, match="'leaf' is label 1, 'stem' is label 2"):
        found = read_marks_of_many(text)
    assert [points[:, 2].tolist() for points in found.values()] == [[1], [0, 2], [1]]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (b"1,2,3,4\n", "its first line holds numbers; write image,row,column,label"),
        (b"file name,row,column\na.png,1,2\n", "columns file name, row, column, none of them im"),
        (b"image,row,column\na.png,1\n", "2 fields in line 2"),
        (b"image,row,column\n ,1,2\n", "no image in line 2"),
        (b"image,row,column\na.png,1,2.5\n", "'2.5' in line 2 is a fraction"),
        (b"image,row,column\na.png,1,left\n", "'left' in line 2 is no number"),
    ],
)
def test_what_was_seen_is_said(text: bytes, match: str) -> None:
    with pytest.raises(ImageError, match=f"^the bytes: {match}") as caught:
        read_marks_of_many(text)
    assert "\n" not in str(caught.value)
