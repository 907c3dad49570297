"""SVG: read as a browser does, by the even-odd rule, it is the label map again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.image.palette import label_colours
from segprior.io.export import save_segmentation

SPACE = "{http://www.w3.org/2000/svg}"


def saved(labels: NDArray[Any], folder: Path, *, mask: bool = False) -> ElementTree.Element:
    path = save_segmentation(folder / "parts.svg", labels, mask=mask)
    return ElementTree.fromstring(path.read_text("utf-8"))


def filled(outline: str, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Fill a path of straight edges by the even-odd rule: every edge down turns what is right."""
    inside = np.zeros(shape, bool)
    for ring in re.findall("M[^z]*z", outline):
        row = column = 0
        edges = []
        for step, words in re.findall(r"([MHV])([\d ]+)", ring):
            numbers = [int(word) for word in words.split()]
            if step == "M":
                column, row = start = numbers
            elif step == "H":
                column = numbers[0]
            else:
                edges.append((column, row, numbers[0]))
                row = numbers[0]
        assert column == start[0]  # so that the last edge, drawn by z, leads up or down too
        for at, one, other in [*edges, (column, row, start[1])]:
            inside[min(one, other) : max(one, other), at:] ^= True
    return inside


rng = np.random.default_rng(0)
MAPS = {
    "pixel": np.pad([[2]], 1),
    "all": np.full((2, 3), 3),
    "holes": np.kron([[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 1]], np.ones((3, 2))),
    "label in a hole": np.array([[1, 1, 1, 1], [1, 2, 3, 1], [1, 3, 2, 1], [1, 1, 1, 1]]),
    "far labels": rng.integers(0, 3, (7, 9)) * 70000,
    "random": rng.integers(0, 5, (13, 11)),
}


@pytest.mark.parametrize("labels", MAPS.values(), ids=MAPS)
def test_filled_it_is_the_label_map(labels: NDArray[Any], tmp_path: Path) -> None:
    labels = labels.astype(np.int64)
    svg = saved(labels, tmp_path)
    back = np.zeros(labels.shape, np.int64)
    for path in svg.findall(f"{SPACE}path"):
        label = int(path.attrib["id"].removeprefix("label-"))
        inside = filled(path.attrib["d"], labels.shape)
        assert not back[inside].any()
        back[inside] = label
        assert path.attrib["fill-rule"] == "evenodd"
        assert path.findtext(f"{SPACE}title") == f"label {label}"
        assert path.attrib["fill"] == "#" + label_colours(np.array([label])).tobytes().hex()
    np.testing.assert_array_equal(back, labels)


def test_opens_at_the_size_of_the_image(tmp_path: Path) -> None:
    svg = saved(np.ones((4, 9), np.uint8), tmp_path)
    assert svg.tag == f"{SPACE}svg"
    size = {name: svg.attrib[name] for name in ("width", "height", "viewBox")}
    assert size == {"width": "9", "height": "4", "viewBox": "0 0 9 4"}


def test_mask_is_one_path(tmp_path: Path) -> None:
    (path,) = saved(np.eye(3, dtype=np.uint8), tmp_path, mask=True)
    assert path.attrib["id"] == path.findtext(f"{SPACE}title") == "foreground"
    assert path.attrib["d"].count("M") == 3


def test_nothing_but_background(tmp_path: Path) -> None:
    assert list(saved(np.zeros((4, 9), int), tmp_path)) == []
