"""How large tiles may be, and how many may be worked on at a time, in the memory there is."""

from __future__ import annotations

from dataclasses import dataclass

from segprior.config.tiles import TileConfig
from segprior.errors import ConfigError
from segprior.messages import Verbatim

__all__ = ["Room", "plan_tiles"]

# Bytes of the process with its libraries and the parts of a file that are kept decoded.
BASE_BYTES, CACHE_BYTES = 400 * 2**20, 2**28
LARGEST, SMALLEST, STEP = 768, 128, 32


@dataclass(frozen=True, kw_only=True)
class Room:
    """What decides how much memory tiles need.

    Attributes
    ----------
    full, grid : (int, int)
        Rows and columns of the image, and of it at the scale.
    channels : int
    at_work, kept, maps : int
        Bytes per pixel of a tile at work and of a sampled one, and maps per tile.
    """

    full: tuple[int, int]
    grid: tuple[int, int]
    channels: int
    at_work: int
    kept: int
    maps: int

    def bytes(self, tile_size: int, workers: int, tiles: TileConfig) -> int:
        """Estimate the memory of the whole process."""
        rows, columns = (min(tile_size, side) for side in self.grid)
        ratio = self.full[0] / self.grid[0], self.full[1] / self.grid[1]
        # The window itself is there as stored and as float32, and a channel of it once more.
        window = (rows + 4) * ratio[0] * (columns + 4) * ratio[1] * (8 * self.channels + 4)
        if self.full == self.grid:
            window = rows * columns * 8 * self.channels
        tile = rows * columns * self.at_work + window
        sampled = tiles.sampled_tiles * rows * columns * self.kept
        band = 3 * 2 * rows * ratio[0] * self.full[1]
        strips = 3 * 4 * self.maps * tiles.overlap * self.grid[1]
        blocks = 4 * self.maps * rows * columns * 4
        total = workers * tile + sampled + band + strips + blocks
        return int(total) + BASE_BYTES + CACHE_BYTES


def plan_tiles(room: Room, tiles: TileConfig, threads: int) -> tuple[int, int]:
    """Choose the side of the tiles, and how many to work on at a time.

    The side does not depend on the number of threads, so that the result does not either.

    Parameters
    ----------
    room : Room
    tiles : TileConfig
    threads : int
        Tiles at a time at most.

    Returns
    -------
    (int, int)

    Raises
    ------
    ConfigError
        If not even small tiles have room in the memory.
    """
    if tiles.tile_size is not None:
        sizes = [tiles.tile_size]
    else:
        sizes = list(range(LARGEST, max(SMALLEST, 3 * tiles.overlap) - 1, -STEP))
        sizes = sizes or [3 * tiles.overlap]
    fitting = [size for size in sizes if room.bytes(size, 1, tiles) <= tiles.memory]
    if not fitting:
        least = -(-room.bytes(sizes[-1], 1, tiles) // 2**20)
        given = tiles.memory if tiles.memory < 2**20 else f"{tiles.memory // 2**20}M"
        raise ConfigError(
            f", and tiles of {sizes[-1]} pixels need about {least}M",
            option="memory",
            got=Verbatim(given),
            cure="allow that much, or pass a smaller scale",
        )
    size = fitting[0]
    workers = [n for n in range(1, threads + 1) if room.bytes(size, n, tiles) <= tiles.memory]
    return size, workers[-1]
