from __future__ import annotations

import io

import numpy as np
import pytest

from segprior.errors import ImageError
from segprior.io.marks.points import columns_of, parse_points, read_limited, read_table


def read(text: str | bytes) -> tuple[list[list[int]], str]:
    data = text.encode() if isinstance(text, str) else text
    points, told = parse_points(read_table(io.BytesIO(data), "a.csv"), "a.csv")
    assert points.dtype == np.int64
    return points.tolist(), told


@pytest.mark.parametrize(
    "text",
    [
        "3,4,1\n10,20,0\n",
        "# row,column,label\n3,4,1\n\n10, 20, 0 # ground\n",
        "\ufeff3,4,1\r\n10,20,0\r\n",
        "row,column,label\n3,4,1\n10,20,0\n",
        "\ufeffRow,Column,Label\r\n3,4,1\r\n10,20,0\r\n",
        "label,x,y\n1,4,3\n0,20,10\n",
        "y;x;label\n3;4;1\n10;20;0\n",
        "y\tcol\tclass\n3\t4\t1\n10\t20\t0\n",
        "who,row,column,label\nann,3,4,1\nbob,10.0,20.0,0\n",
        "index,axis-0,axis-1,label\n0.0,3.4,3.6,1.0\n1.0,9.5,20.2,0\n",
        '"row","column","label"\n"3","4","1"\n"10","20","0"\n',
    ],
)
def test_tables_of_every_kind_say_the_same(text: str) -> None:
    assert read(text) == ([[3, 4, 1], [10, 20, 0]], "")


def test_without_labels_all_is_the_object() -> None:
    assert read("y,x\n3,4\n5,6\n") == ([[3, 4, 1], [5, 6, 1]], "")
    assert read("index,axis-0,axis-1\n0,-0.4,2.49\n") == ([[0, 2, 1]], "")


def test_names_of_labels_are_numbered_and_told() -> None:
    points, told = read("row,column,label\n3,4,cell\n5,6,background\n1,1,wall\n")
    assert points == [[3, 4, 1], [5, 6, 0], [1, 1, 2]]
    assert told == "'background' is ground, 'cell' is label 1, 'wall' is label 2"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "no points"),
        ("\n# none\n", "no points"),
        ("a,b,c\n1,2,3\n", "columns a, b, c, none of them row or y or axis-0"),
        ("row,b,c\n1,2,3\n", "columns row, b, c, none of them column or col or x or axis-1"),
        ("row,column\n", "columns row, column and no points"),
        ("row,y,x\n1,2,3\n", "columns row, y, x, of which 2 may be the row"),
        ("index,axis-0,axis-1,axis-2\n0,1,2,3\n", "points of an image have two axes"),
        ("1,2\n", "2 fields in line 1, not 3"),
        ("1,2,3\n\n1,2,3,4\n", "4 fields in line 3, not 3"),
        ("1,2,x\n", "'x' in line 1 is no number"),
        ("1,2,1.5\n", "'1.5' in line 1 is a fraction"),
        ("1.5,2,1\n", "'1.5' in line 1 is a fraction"),
        ("row,column\n1,2.5\n", "'2.5' in line 2 is a fraction"),
        ("1,nan,1\n", "'nan' in line 1 is no number"),
        ("1,inf,1\n", "'inf' in line 1 is no number"),
        ("1,1e300,1\n", "'1e300' in line 1 is in no image"),
        ('1,"2,1\n', "unexpected end of data"),
        ("\0\n", "columns .x00 and no points"),
        ("row,column,label\n1,2,\n", "a label without a name"),
    ],
)
def test_what_was_seen_is_said(text: str, match: str) -> None:
    with pytest.raises(ImageError, match=rf"^a\.csv: .*{match}") as caught:
        read(text)
    assert "\n" not in str(caught.value)


def test_columns_are_found_in_any_order() -> None:
    header = ["label", "image", "x", "y"]
    found = columns_of(header, ("image", "row", "column"), "a")
    assert found == {"image": 1, "row": 3, "column": 2, "label": 0}


def test_a_list_has_a_limit() -> None:
    assert read_limited(io.BytesIO(b"12345"), "a", 5, "points") == b"12345"
    with pytest.raises(ImageError, match="a: more than 4 bytes of points"):
        read_limited(io.BytesIO(b"12345"), "a", 4, "points")
    with pytest.raises(ImageError, match=r"a\.csv: more than 500000 lines of points"):
        read(b"1,1,1\n" * 500_001)
