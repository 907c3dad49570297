from __future__ import annotations

import pytest

from segprior.errors import ImageError
from segprior.io.marks.names import number_names


def test_names_are_numbered_as_they_appear() -> None:
    numbers, told = number_names(["cell", "Background", "7", " cell", "bg", "Ground", "0"], "a")
    assert numbers == [1, 0, 2, 1, 0, 0, 0]
    assert told == (
        "'Background' is ground, 'bg' is ground, 'Ground' is ground, '0' is ground, "
        "'cell' is label 1, '7' is label 2"
    )


def test_numbers_stay() -> None:
    assert number_names(["7", "label 3", "2.0", "0", "bg"], "a") == ([7, 3, 2, 0, 0], "")
    assert number_names(["0.0", "1."], "a") == ([0, 1], "")


def test_many_names_are_not_all_said() -> None:
    numbers, told = number_names([f"n{i}" for i in range(20)], "a")
    assert numbers == list(range(1, 21))
    assert told.endswith("'n7' is label 8, and 12 more")


def test_names_that_cannot_be() -> None:
    with pytest.raises(ImageError, match="a: a label without a name"):
        number_names(["cell", "  "], "a")
    for wrong in ("-1", "1.5", ".25"):
        with pytest.raises(ImageError, match=f"a: label {wrong}; write whole numbers"):
            number_names(["cell", wrong], "a")
    with pytest.raises(ImageError, match="a: 255 names of labels; at most 254"):
        number_names([f"n{i}" for i in range(255)], "a")


def test_a_name_cannot_speak_to_the_terminal() -> None:
    assert "\x1b" not in number_names(["a\x1b[31m\nb", "c"], "a")[1]
