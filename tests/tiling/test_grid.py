from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segprior.image.upsampling import enlarge
from segprior.tiling.grid import Tile, Tiling, blend, enlarge_blocks

SHAPES = [
    ((100, 60), 60, 10),
    ((103, 211), 40, 9),
    ((50, 50), 60, 10),
    ((97, 300), 33, 11),
    ((9, 30), 32, 10),
]


@pytest.mark.parametrize(("shape", "size", "overlap"), SHAPES)
def test_tiles_cover_the_grid_and_share_just_the_overlap(
    shape: tuple[int, int], size: int, overlap: int
) -> None:
    tiling = Tiling(shape=shape, tile_size=size, overlap=overlap)
    seen = np.zeros(shape, int)
    for tile in tiling:
        assert tile.rows.stop - tile.rows.start <= size
        assert tile.columns.stop - tile.columns.start <= size
        seen[tile.rows, tile.columns] += 1
    assert seen.min() == 1
    assert seen.max() == (2 if tiling.down > 1 else 1) * (2 if tiling.across > 1 else 1)
    assert len(list(tiling)) == len(tiling) == tiling.down * tiling.across


@pytest.mark.parametrize(("shape", "size", "overlap"), SHAPES)
def test_what_agrees_is_blended_into_itself_and_every_pixel_settled_once(
    shape: tuple[int, int], size: int, overlap: int
) -> None:
    tiling = Tiling(shape=shape, tile_size=size, overlap=overlap)
    maps = np.random.default_rng(0).normal(size=(3, *shape)).astype(np.float32)
    found = np.full_like(maps, np.nan)
    for tile, block in blend(tiling, cut(tiling, maps)):
        rows, columns = tiling.block(tile)
        assert np.isnan(found[:, rows, columns]).all()
        found[:, rows, columns] = block
    np.testing.assert_allclose(found, maps, atol=1e-6)


def cut(tiling: Tiling, maps: NDArray[Any]) -> list[tuple[Tile, NDArray[np.float32]]]:
    return [(tile, maps[:, tile.rows, tile.columns].copy()) for tile in tiling]


def test_tiles_that_differ_are_joined_without_a_step() -> None:
    tiling = Tiling(shape=(40, 200), tile_size=80, overlap=20)
    tiles = list(tiling)
    scored = [
        (t, np.full((1, 40, t.columns.stop - t.columns.start), t.column, np.float32)) for t in tiles
    ]
    found = np.concatenate([block for _, block in blend(tiling, scored)], axis=2)[0]
    assert found[0, 0] == 0
    assert found[0, -1] == tiling.across - 1
    assert np.abs(np.diff(found, axis=1)).max() < 0.1
    assert (np.diff(found, axis=1) >= -1e-6).all()


@pytest.mark.parametrize(("shape", "size", "overlap"), SHAPES)
@pytest.mark.parametrize("ratio", [1.0, 1.13, 2.0, 3.7])
def test_enlarged_blocks_are_those_of_the_whole_enlarged(
    shape: tuple[int, int], size: int, overlap: int, ratio: float
) -> None:
    full = (round(shape[0] * ratio), round(shape[1] * ratio))
    tiling = Tiling(shape=shape, tile_size=size, overlap=overlap)
    maps = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    blocks = blend(tiling, cut(tiling, maps))
    bands = list(enlarge_blocks(tiling, blocks, full, lambda s: s[0] - s[1], np.float32))
    whole = np.concatenate([strip for _, strip in enlarge(maps, full)], axis=1)
    np.testing.assert_allclose(np.concatenate(bands), whole[0] - whole[1], atol=1e-5)


def test_a_spread_is_even_and_not_longer_than_asked_for() -> None:
    tiling = Tiling(shape=(1000, 400), tile_size=60, overlap=10)
    for count in (1, 3, 16, 40):
        chosen = tiling.spread(count)
        assert 0.5 * count <= len({(t.row, t.column) for t in chosen}) <= count
    rows = {tile.row for tile in tiling.spread(16)}
    assert max(rows) > 0.7 * tiling.down
    assert min(rows) < 0.3 * tiling.down
    assert tiling.spread(10**6) == list(tiling)
