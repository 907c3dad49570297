from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from segprior.io.format import Target
from segprior.io.shared.tiff_tiles import write_tiles
from segprior.io.window_writer import save_bands


def test_many_labels_and_many_tiles_come_back(tmp_path: Path) -> None:
    labels = np.arange(600 * 1100).reshape(600, 1100)
    path = tmp_path / "labels.tif"
    save_bands(path, np.array_split(labels, 7), labels.shape, mask=False, largest=labels.max())
    np.testing.assert_array_equal(tifffile.imread(path), labels)
    with tifffile.TiffFile(path) as tiff:
        page: Any = tiff.pages[0]
        assert page.is_tiled
        assert page.dtype == np.uint32


@pytest.mark.parametrize("heights", [[600], [511, 1, 88], [512, 88], [100] * 6])
def test_bands_of_any_height_become_the_same_tiles(tmp_path: Path, heights: list[int]) -> None:
    labels = np.random.default_rng(0).integers(0, 9, (600, 530))
    found = []
    for name, parts in (("a", [600]), ("b", heights)):
        (tmp_path / name).mkdir()
        path = tmp_path / name / "labels.tif"
        target = Target(path=path, shape=(600, 530), mask=False, largest=8)
        write_tiles(np.split(labels, np.cumsum(parts)[:-1]), target)
        found.append(path.read_bytes())
    assert found[0] == found[1]
    np.testing.assert_array_equal(tifffile.imread(path), labels)


def test_what_is_told_beside_the_labels(tmp_path: Path) -> None:
    target = Target(path=tmp_path / "a.ome.tif", shape=(20, 30), mask=True, largest=1)
    write_tiles([np.eye(20, 30, dtype=np.uint8)], target, ome=True, tags=[(33550, 12, 1, 2.5)])
    with tifffile.TiffFile(target.path) as tiff:
        assert tiff.is_ome
        page: Any = tiff.pages[0]
        assert page.tags[33550].value == 2.5
        np.testing.assert_array_equal(page.asarray(), np.eye(20, 30) * 255)
