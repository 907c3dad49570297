"""The default mask in tiles: the image is read once, reduced, and each tile takes its part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segprior.errors import ConfigError
from segprior.image.pyramid import Pyramid
from segprior.image.resize import is_flat
from segprior.image.upsampling import between
from segprior.messages import Setting
from segprior.methods.foreground.adaptive_threshold import LARGEST_SIZE, share_of
from segprior.methods.foreground.candidate import Candidate
from segprior.methods.foreground.choice import read
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.foreground.kmeans_tiles import MAP_BYTES, Blank, check_in_tiles
from segprior.prior.prior import fit
from segprior.tiling.grid import Tile
from segprior.tiling.model import Fitting, TileModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["fit_readings", "readings_cost"]


def readings_cost(config: ForegroundConfig, channels: int) -> tuple[int, int, int]:
    """Estimate the bytes per pixel of a tile at work, those of a sampled one, and the maps."""
    return MAP_BYTES + 4 * channels, 0, 1


def fit_readings(fitting: Fitting, config: ForegroundConfig) -> TileModel:
    """Read the image as a whole, reduced to a longest side of 640 pixels.

    Parameters
    ----------
    fitting : Fitting
        The image.
    config : ForegroundConfig
        With ``method="consensus"``, and ``features`` of the image.

    Returns
    -------
    TileModel
        One object is the vote on the reduced image, enlarged. Small things are found at the
        scale of the tiles, against levels of things and ground of the reduced image.

    Raises
    ------
    ConfigError
        If the configuration asks for what needs the mask, or the prior, as a whole.
    """
    check_in_tiles(config)
    small = fitting.image.small(LARGEST_SIZE)
    if is_flat(small):
        return Blank()
    if config.features == "prior":
        if config.options.reading != "object":
            raise ConfigError(
                "got ",
                Setting("features", "prior"),
                " in tiles",
                cure=(
                    "pass ",
                    Setting("reading", "object"),
                    " with it, or ",
                    Setting("features", "image"),
                ),
            )
        small = fit(
            Pyramid(small),
            config.prior,
            seed=fitting.seed,
            device=fitting.device,
            callback=fitting.callback,
        ).fitted
    return _Read(fitting, config, read(Pyramid(small), fitting.seed, config.options.reading))


class _Read:
    """A reading of the whole image; see `TileModel`."""

    mask = True
    largest = 1

    def __init__(self, fitting: Fitting, config: ForegroundConfig, reading: Candidate) -> None:
        self._fitting, self._config, self._reading = fitting, config, reading
        self.certainty = reading.score
        self.evidence = reading.evidence

    def scores(self, tile: Tile) -> NDArray[np.float32]:
        """See `TileModel`."""
        if self._reading.levels is None or self._reading.axis is None:
            return self._part(self._reading.share[None], tile)
        low, high = self._part(self._reading.levels, tile)
        found = self._reading.axis.levels(self._fitting.read(tile)) * self._reading.sign
        return share_of(found, low, high)[None]

    def _part(self, maps: NDArray[np.float32], tile: Tile) -> NDArray[np.float32]:
        """Maps of the reduced image over a tile, bilinearly, (K, rows, columns)."""
        full = self._fitting.image.shape[:2]
        low, high, share = (part[tile.columns] for part in between(maps.shape[2], full[1]))
        wide = maps[..., low] + share * (maps[..., high] - maps[..., low])
        low, high, share = (part[tile.rows] for part in between(maps.shape[1], full[0]))
        part: NDArray[np.float32] = wide[:, low] + share[:, None] * (wide[:, high] - wide[:, low])
        return part

    def labels(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        """See `TileModel`."""
        inside: NDArray[np.bool_] = scores[0] > 0.5
        return ~inside if self._config.invert else inside

    def confidence(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `TileModel`."""
        sure: NDArray[np.float32] = np.abs(2 * scores[0] - 1)
        return sure
