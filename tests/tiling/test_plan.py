from __future__ import annotations

import pytest

from segprior.config.tiles import TileConfig
from segprior.errors import ConfigError
from segprior.tiling.plan import Room, plan_tiles


def room(side: int, scale: float = 1.0) -> Room:
    grid = (round(side * scale), round(side * scale))
    return Room(full=(side, side), grid=grid, channels=3, at_work=1500, kept=48, maps=3)


def test_less_memory_makes_smaller_tiles_and_more_memory_more_at_a_time() -> None:
    sizes = []
    for gigabytes in (1, 1.5, 2, 4, 16):
        tiles = TileConfig(memory=int(gigabytes * 2**30))
        size, workers = plan_tiles(room(20_000, 0.25), tiles, 4)
        assert room(20_000, 0.25).bytes(size, workers, tiles) <= tiles.memory
        sizes.append(size)
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    assert workers == 4


def test_the_size_does_not_depend_on_threads() -> None:
    tiles = TileConfig()
    assert len({plan_tiles(room(9000), tiles, threads)[0] for threads in (1, 2, 64)}) == 1


def test_too_little_memory_is_refused_with_what_it_takes() -> None:
    with pytest.raises(ConfigError, match=r"memory=100M.* need about \d+M"):
        plan_tiles(room(20_000), TileConfig(memory=100 * 2**20), 2)
    with pytest.raises(ConfigError, match="memory=1024, and"):
        plan_tiles(room(20_000), TileConfig(memory=1024), 2)
    with pytest.raises(ConfigError, match="tiles of 4000 pixels"):
        plan_tiles(room(20_000), TileConfig(tile_size=4000), 2)
