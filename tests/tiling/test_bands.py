from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from segprior.config.tiles import TileConfig
from segprior.errors import ConfigError
from segprior.image.resize import resize
from segprior.io.image import as_image
from segprior.io.label_maps import read_labels
from segprior.large import segment_tiles
from segprior.methods.multiclass.api import segment
from segprior.methods.multiclass.config import SegmentConfig
from segprior.tiling.bands import label_bands, reduced_for
from segprior.tiling.overview import Overview
from tests.helpers.written import InMemory


def picture() -> NDArray[np.uint8]:
    image = np.full((150, 210, 3), 60, np.uint8)
    image[40:110, 60:150] = (200, 120, 30)
    image += np.random.default_rng(0).integers(0, 12, image.shape, np.uint8)
    return image


@pytest.mark.parametrize("shape", [(30, 40), (40, 55), (97, 130)])
def test_bands_are_the_labels_enlarged(shape: tuple[int, int]) -> None:
    small = np.zeros((30, 40), np.int32)
    small[8:20, 10:28] = 3
    small[29, 39] = 7
    found = np.concatenate(list(label_bands(small, shape)))
    assert found.shape == shape
    assert set(np.unique(found)) == {0, 3, 7}
    share = (found == 3).mean() / (small == 3).mean()
    assert share == pytest.approx(1, abs=0.05)


def test_a_file_to_a_file(tmp_path: Path) -> None:
    source, output = tmp_path / "image.tif", tmp_path / "labels.tif"
    tifffile.imwrite(source, picture(), photometric="rgb", tile=(32, 32))
    tiles = TileConfig(scale=1.0)
    result = segment_tiles(source, output, tiles=tiles, working_size=70, edges="image")
    found = read_labels(output)
    small = resize(as_image(picture()), (50, 70))
    whole = segment(small, working_size=None, edges="image")
    assert result.n_labels == whole.n_labels == 2
    assert result.areas == dict(zip(*np.unique(found, return_counts=True), strict=True))
    assert (found[45:105, 65:145] == 2).all()
    assert (found[:35] == 1).all()
    assert result.score == pytest.approx(whole.score, abs=0.01)
    assert result.config == SegmentConfig.preset(working_size=70, edges="image")
    with pytest.raises(ConfigError, match="min_size=5, which needs the labels in one piece"):
        segment_tiles(source, output, tiles=tiles, min_size=5)


def test_no_more_pixels_than_can_be_worked_on() -> None:
    image = Overview(InMemory(np.broadcast_to(np.float32(0.5), (2500, 2500, 1))), 1.0)
    with pytest.raises(ConfigError, match="pass one of at most 2000"):
        reduced_for(image, None)
    assert reduced_for(image, 480).shape == (480, 480, 1)
