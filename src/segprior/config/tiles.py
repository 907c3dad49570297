"""How a large image is worked on in tiles: the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from segprior.config.checks import at_least, positive
from segprior.config.presets import Presets
from segprior.errors import ConfigError

__all__ = ["TileConfig"]


@dataclass(frozen=True, kw_only=True)
class TileConfig(Presets):
    """How a large image is worked on in tiles.

    Parameters
    ----------
    scale : float
        At which part of its rows and columns an image is worked on in tiles; 1 is all of them.
        The result has the size of the image in any case.
    tile_size : int or None
        Longest side of a tile, in pixels at that scale. None takes as much as the memory allows,
        up to 768.
    overlap : int
        Pixels that neighbouring tiles have in common, at that scale; at most a third of a tile.
    memory : int
        Bytes that may be used, about; a suffix K, M, G or T is understood.
    sampled_tiles : int
        Tiles, spread evenly, that the clusters of all of them are found on.
    """

    scale: float = 0.25
    tile_size: int | None = None
    overlap: int = 64
    memory: int = 3 * 2**30
    sampled_tiles: int = 16

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"fast": {}}

    def __post_init__(self) -> None:
        positive("scale", self.scale)
        if self.scale > 1:
            raise ConfigError(option="scale", got=self.scale, cure="pass a number above 0, up to 1")
        at_least("overlap", self.overlap, 1)
        at_least("memory", self.memory, 1)
        at_least("sampled_tiles", self.sampled_tiles, 1)
        if self.tile_size is not None:
            at_least("tile_size", self.tile_size, max(32, 3 * self.overlap))
