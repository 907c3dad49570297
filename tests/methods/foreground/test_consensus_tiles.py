from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from scipy import ndimage

from segprior.config.tiles import TileConfig
from segprior.errors import ConfigError
from segprior.io.image import as_image
from segprior.io.label_maps import read_labels
from segprior.large import foreground_tiles
from segprior.methods.foreground.api import foreground
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.foreground.consensus_tiles import readings_cost

MANY = TileConfig(scale=1.0, tile_size=64, overlap=16)


def disc() -> NDArray[np.uint8]:
    """One textured object."""
    row, column = np.indices((150, 170))
    inside = np.hypot(row - 75, column - 85) < 45
    noise = np.random.default_rng(0).normal(size=(150, 170, 3))
    noise = 150 * ndimage.gaussian_filter(noise, (3, 3, 0))
    values = noise + np.where(inside[..., None], (150, 120, 70), (70, 100, 140))
    found: NDArray[np.uint8] = np.clip(values, 0, 255).astype(np.uint8)
    return found


def spots(dark: bool = False) -> NDArray[np.uint8]:
    """Small things in uneven light."""
    row, column = np.indices((150, 170))
    inside = np.hypot(row % 24 - 12, column % 24 - 12) < 4
    light = np.linspace(0.8, 1, 170)
    grey = np.where(inside != dark, 220, 40) * light
    grey += np.random.default_rng(0).normal(0, 4, grey.shape)
    return np.clip(grey, 0, 255).astype(np.uint8)[..., None].repeat(3, 2)


def saved(folder: Path, image: NDArray[np.uint8]) -> Path:
    tifffile.imwrite(folder / "image.tif", image, photometric="rgb")
    return folder / "image.tif"


@pytest.mark.parametrize(
    ("image", "things"),
    [(disc(), 0), (spots(), 1), (spots(dark=True), 1)],
    ids=["object", "bright things", "dark things"],
)
@pytest.mark.parametrize("invert", [False, True])
def test_a_mask_in_tiles_is_that_in_one_piece(
    tmp_path: Path, image: NDArray[np.uint8], things: int, invert: bool
) -> None:
    whole = foreground(image, invert=invert)
    output = tmp_path / "mask.tif"
    result = foreground_tiles(saved(tmp_path, image), output, invert=invert, tiles=MANY)
    found = read_labels(output)
    assert result.count > 4
    assert found.dtype == whole.labels.dtype
    border = ndimage.maximum_filter(whole.labels, 3) != ndimage.minimum_filter(whole.labels, 3)
    np.testing.assert_array_equal(found[~border], whole.labels[~border])
    assert np.mean(found == whole.labels) > 0.99
    assert whole.evidence["reading"] == result.evidence["reading"] == things
    # That of the reading, times the mean confidence.
    assert 0.7 * whole.score < result.score <= whole.score + 1e-6


def test_an_object_of_the_prior(tmp_path: Path) -> None:
    fitting: dict[str, Any] = {
        "features": "prior", "reading": "object", "members": 1, "iterations": 10
    }  # fmt: skip
    whole = foreground(disc(), working_size=170, **fitting)
    output = tmp_path / "mask.tif"
    source = saved(tmp_path, disc())
    foreground_tiles(source, output, tiles=MANY, working_size=170, **fitting)
    found = read_labels(output)
    assert (found & whole.labels).sum() / (found | whole.labels).sum() > 0.95
    for reading in ("auto", "things"):
        with pytest.raises(ConfigError, match="pass reading='object' with it"):
            foreground_tiles(source, output, tiles=MANY, features="prior", reading=reading)


@pytest.mark.filterwarnings("ignore::segprior.EmptyResultWarning")
def test_one_colour_has_no_object(tmp_path: Path) -> None:
    source = saved(tmp_path, np.full((90, 100, 3), 70, np.uint8))
    result = foreground_tiles(source, tmp_path / "mask.tif", tiles=MANY)
    assert (result.foreground, result.score) == (0, 0)
    assert not as_image(tmp_path / "mask.tif").any()


def test_what_needs_one_piece_is_refused(tmp_path: Path) -> None:
    source, output = saved(tmp_path, disc()), tmp_path / "mask.tif"
    for fields in ({"min_size": 9}, {"fill_holes": True}):
        with pytest.raises(ConfigError, match=next(iter(fields))):
            foreground_tiles(source, output, tiles=MANY, **fields)
    assert not output.exists()


def test_more_channels_need_more_memory_and_nothing_is_sampled() -> None:
    one, nine = (readings_cost(ForegroundConfig(), channels) for channels in (1, 9))
    assert 0 < one[0] < nine[0]
    assert one[1:] == nine[1:] == (0, 1)
