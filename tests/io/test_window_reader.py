"""Images and label maps in windows: the same numbers as in one piece, and georeference kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from segprior.errors import ImageError
from segprior.io.image import as_image
from segprior.io.window_reader import open_windows
from tests.helpers.windows import RGB, TIFFS, compare


@pytest.mark.parametrize("alpha", ["drop", "keep", "composite"])
def test_alpha_is_treated_as_in_one_piece(tmp_path: Path, alpha: Any) -> None:
    array, options = TIFFS["alpha"]
    tifffile.imwrite(tmp_path / "image.tif", array, **options)
    whole = as_image(tmp_path / "image.tif", alpha=alpha)
    compare(tmp_path / "image.tif", whole, alpha=alpha)


def test_a_range_and_a_page_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, np.stack([RGB, RGB[::-1]]), photometric="rgb")
    whole = as_image(path, page=1, value_range=(20, 99))
    compare(path, whole, page=1, value_range=(20, 99))


def test_what_cannot_be_read_in_windows_is_told(tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(RGB).save(tmp_path / "image.png")
    tifffile.imwrite(tmp_path / "cut.tif", RGB, photometric="rgb")
    with (tmp_path / "cut.tif").open("r+b") as stream:
        stream.truncate(5000)
    (tmp_path / "folder").mkdir()
    cases = {"image.png": "tiled TIFF or as Zarr", "cut.tif": "truncated", "none.tif": "no file"}
    for name, words in (cases | {"folder": "tiled TIFF"}).items():
        with pytest.raises(ImageError, match=words), open_windows(tmp_path / name):
            pass


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    values = np.zeros((40, 50), np.float32)
    values[30, 40] = np.nan
    tifffile.imwrite(tmp_path / "image.tif", values)
    with (
        pytest.raises(ImageError, match="1 NaN"),
        open_windows(tmp_path / "image.tif") as image,
    ):
        image.prepare()
