from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from scipy import ndimage

from segprior import large
from segprior.callbacks import Event
from segprior.config.tiles import TileConfig
from segprior.errors import Cancelled, ConfigError, EmptyResultWarning, ImageError
from segprior.io.label_maps import read_labels
from segprior.large import foreground_tiles, segment_tiles
from segprior.methods.foreground.api import foreground
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.multiclass.api import segment
from segprior.methods.multiclass.config import SegmentConfig
from tests.helpers.scenes import textured

ONE = TileConfig(scale=1.0, tile_size=512, overlap=16)
MANY = TileConfig(scale=1.0, tile_size=64, overlap=16)


def mask_config(**fields: Any) -> ForegroundConfig:
    return ForegroundConfig.preset("dsp", **fields)


def label_config(**fields: Any) -> SegmentConfig:
    return SegmentConfig.preset(
        "backprop", **{"method": "backprop", "superpixels": "image", "iterations": 8, **fields}
    )


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, textured(), photometric="rgb", tile=(32, 32), compression="zlib")
    return path


def agreement(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Share of equal labels among pixels more than 8 pixels from a border between labels."""
    border = ndimage.maximum_filter(one, 3) != ndimage.minimum_filter(one, 3)
    far = ndimage.distance_transform_edt(~border) > 8
    assert far.mean() > 0.3
    return float((one == other)[far].mean())


@pytest.mark.parametrize(
    "fields", [{"features": "image"}, {"members": 2, "iterations": 25}], ids=["image", "prior"]
)
def test_a_mask_in_tiles_is_that_in_one_piece(picture: Path, fields: dict[str, Any]) -> None:
    config = mask_config(**fields)
    whole = foreground(textured(), config=config.replace(working_size=None))
    output = picture.with_name("mask.tif")
    result = foreground_tiles(picture, output, config=config, tiles=MANY)
    found = read_labels(output)
    assert result.count > 4
    assert found.dtype == whole.labels.dtype
    assert agreement(whole.labels, found) >= 0.99
    assert result.foreground == pytest.approx(found.mean())
    assert result.score == pytest.approx(whole.score, abs=0.1)


def test_labels_in_tiles_are_those_in_one_piece(picture: Path) -> None:
    config = label_config(working_size=None, channels=8, iterations=20, classes=2)
    whole = segment(textured(), config=config)
    maps = []
    for tiles in (ONE, MANY):
        output = picture.with_name("labels.tif")
        result = segment_tiles(picture, output, config=config, tiles=tiles)
        maps.append(read_labels(output))
        assert agreement(whole.labels, maps[-1]) >= 0.99
        assert result.areas == dict(zip(*np.unique(maps[-1], return_counts=True), strict=True))
        assert result.n_labels == whole.n_labels
    assert np.mean(maps[0] == maps[1]) > 0.999


def test_labels_mean_the_same_at_the_working_size_and_in_tiles(picture: Path) -> None:
    output = picture.with_name("labels.tif")
    segment_tiles(picture, output, config=label_config(working_size=64, classes=2), tiles=MANY)
    found = read_labels(output)
    assert np.unique(found).tolist() == [1, 2]
    assert found[:30].mean() < 1.1  # the ground is the larger one
    assert found[60:90, 70:100].mean() > 1.9


def test_at_a_scale_the_result_has_the_size_of_the_image(picture: Path) -> None:
    output = picture.with_name("mask.tif")
    tiles = dataclasses.replace(MANY, scale=0.5, tile_size=48)
    result = foreground_tiles(picture, output, config=mask_config(features="image"), tiles=tiles)
    found = read_labels(output)
    assert found.shape == result.shape == (150, 170)
    row, column = np.ogrid[:150, :170]
    disc = np.hypot(row - 75, column - 85) < 45
    assert agreement(disc.astype(np.uint8), found) > 0.99


def test_the_number_of_threads_changes_nothing(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = []
    for threads in (1, 3):
        monkeypatch.setattr(large, "thread_count", lambda threads=threads: threads)
        output = picture.with_name("mask.tif")
        config = mask_config(members=2, iterations=3)
        foreground_tiles(picture, output, config=config, tiles=MANY)
        files.append(output.read_bytes())
    assert files[0] == files[1]


def test_progress_is_told_and_giving_up_leaves_nothing(picture: Path) -> None:
    events: list[Event] = []
    output = picture.with_name("mask.tif")
    config = mask_config(members=1, iterations=2)
    result = foreground_tiles(picture, output, config=config, tiles=MANY, callback=events.append)
    stages = [event.stage for event in events]
    assert stages == ["sample"] * stages.count("sample") + ["tiles"] * result.count
    assert events[-1].iteration == events[-1].iterations == result.count
    output.unlink()

    def give_up(event: Event) -> None:
        if event.stage == "tiles" and event.iteration == 3:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        foreground_tiles(picture, output, config=config, tiles=MANY, callback=give_up)
    assert [path.name for path in picture.parent.iterdir()] == ["image.tif"]


def test_one_colour_has_no_object_and_one_class(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "image.tif", np.full((90, 100, 3), 70, np.uint8), photometric="rgb")
    source, output = tmp_path / "image.tif", tmp_path / "labels.tif"
    with pytest.warns(EmptyResultWarning, match="nothing found"):
        result = foreground_tiles(source, output, config=mask_config(members=1), tiles=MANY)
    assert (result.foreground, result.score, result.empty) == (0, 0, True)
    with pytest.warns(EmptyResultWarning, match="one segment found"):
        parts = segment_tiles(source, output, config=label_config(), tiles=MANY)
    assert (parts.areas, parts.empty) == ({1: 9000}, True)
    with pytest.raises(ImageError, match="classes=3"):
        segment_tiles(source, output, config=label_config(classes=3), tiles=MANY)


def test_what_needs_one_piece_is_refused(picture: Path) -> None:
    output = picture.with_name("labels.tif")
    for fields in ({"min_size": 9}, {"fill_holes": True}):
        with pytest.raises(ConfigError, match=next(iter(fields))):
            foreground_tiles(picture, output, config=mask_config(**fields), tiles=MANY)
    for more in ({"min_size": 9}, {"connected": True}):
        with pytest.raises(ConfigError, match=next(iter(more))):
            segment_tiles(picture, output, config=label_config(**more), tiles=MANY)
    assert not output.exists()
