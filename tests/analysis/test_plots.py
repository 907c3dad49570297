from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segprior.analysis.plots import plot_grid, plot_lines, plot_spectra
from segprior.analysis.spectrum import low_pass, power_spectrum
from segprior.errors import ConfigError

RED = np.full((16, 24, 3), (1.0, 0.0, 0.0))


def pixels(png: bytes) -> NDArray[Any]:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def share(sheet: NDArray[Any], colour: tuple[int, int, int]) -> float:
    return float((sheet == colour).all(axis=-1).mean())


def test_pictures_keep_colours_and_aspect() -> None:
    sheet = pixels(plot_grid([{"a": RED}], panel=1.0))
    red = (sheet == (255, 0, 0)).all(axis=-1)
    rows, columns = np.nonzero(red)
    assert abs(np.ptp(columns) + 1 - 120) <= 1
    assert abs(np.ptp(rows) + 1 - 80) <= 1


@pytest.mark.parametrize(
    "picture",
    [
        np.ones((8, 8), bool),
        np.full((8, 8), 255, np.uint8),
        np.ones((8, 8, 1), np.float32),
        np.full((8, 8, 2), 1.5),
        np.ones((8, 8, 5)),
    ],
    ids=["bool", "uint8", "one channel", "two channels", "five channels"],
)
def test_all_kinds_of_pictures_are_shown_on_one_scale(picture: NDArray[Any]) -> None:
    white = pixels(plot_grid([{"": picture, " ": RED}]))
    assert share(white, (255, 0, 0)) > 0.2
    grey = pixels(plot_grid([{"": picture / (2 * float(picture.max())), " ": RED}]))
    inside = grey[grey.shape[0] // 3, grey.shape[1] // 4]
    assert inside.max() - inside.min() <= 2
    assert 126 <= inside.max() <= 129


def test_rows_columns_labels_and_titles_make_room() -> None:
    one = pixels(plot_grid([{"a": RED}])).shape
    two = pixels(plot_grid([{"a": RED, "b": RED}, {"a": RED}])).shape
    assert two[0] > 1.8 * one[0]
    assert two[1] > 1.8 * one[1]
    labelled = pixels(plot_grid([{"a": RED}], labels=["row"], title="all")).shape
    assert labelled[0] > one[0]
    assert labelled[1] > one[1]


def test_captions_are_drawn() -> None:
    assert plot_grid([{"one": RED}]) != plot_grid([{"two": RED}])


def test_the_same_pictures_give_the_same_bytes() -> None:
    assert plot_grid([{"one": RED}]) == plot_grid([{"one": RED}])


def test_spectra_have_their_pictures_above() -> None:
    image = np.random.default_rng(0).random((32, 40))
    smooth = low_pass(image)
    curves = {"image": power_spectrum(image), "low-pass": power_spectrum(smooth)}
    sheet = pixels(plot_spectra({"red": RED}, curves, cutoff=0.1))
    rows, _ = np.nonzero((sheet == (255, 0, 0)).all(axis=-1))
    assert rows.max() < sheet.shape[0] / 2
    below = sheet[sheet.shape[0] // 2 :]
    assert share(below, (0xD5, 0x5E, 0)) > 1e-4
    assert share(below, (0, 0, 0)) > 1e-3


def test_lines_are_drawn() -> None:
    png = plot_lines({"one": ([1, 2, 3], [1, 4, 9])}, across="x", upward="y", title="squares")
    assert share(pixels(png), (0, 0, 0)) > 1e-3


def test_nothing_to_draw() -> None:
    with pytest.raises(ConfigError, match="no pictures"):
        plot_grid([])
    with pytest.raises(ConfigError, match="no pictures"):
        plot_grid([{}])
    with pytest.raises(ConfigError, match="no spectra"):
        plot_spectra({}, {})
    with pytest.raises(ConfigError, match="no curves"):
        plot_lines({}, across="", upward="")
