"""The foreground of an image in tiles: a prior for each, clusters and polarity for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from segprior.features.patch_kmeans import PatchClusters, cluster_drawn_patches, draw_patches
from segprior.image.pyramid import Pyramid
from segprior.image.resize import is_flat
from segprior.methods.foreground.config import ForegroundConfig
from segprior.prior.prior import fit
from segprior.regions.polarity import choose_polarity
from segprior.tiling.model import refuse_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.tiling.grid import Tile
    from segprior.tiling.model import Fitting, TileModel

__all__ = ["MAP_BYTES", "Blank", "check_in_tiles", "fit_foreground", "foreground_cost"]

# Longest side at which the polarity is chosen, where the prior has no working size of its own.
SMALL = 512
# Bytes per pixel: of a member while it is fitted (480, measured), and of the maps of a tile.
MEMBER_BYTES, MAP_BYTES = 480, 100


def foreground_cost(config: ForegroundConfig, channels: int) -> tuple[int, int, int]:
    """Estimate the bytes per pixel of a tile at work, those of a sampled one, and the maps."""
    if config.features == "image":
        return MAP_BYTES + 12 * channels, 0, 2
    members = config.prior.members
    kept = 4 * channels * (members + 1)
    return MEMBER_BYTES * members + MAP_BYTES + 3 * kept, kept, 3


def fit_foreground(fitting: Fitting, config: ForegroundConfig) -> TileModel:
    """Find the clusters on a sample of the tiles, and the polarity on the reduced image.

    Parameters
    ----------
    fitting : Fitting
        The image.
    config : ForegroundConfig
        How to go about it.

    Returns
    -------
    TileModel
        With the squared distances to the nearest centroid of the foreground and of the
        background, and on priors of several members the share that votes for foreground.

    Raises
    ------
    ConfigError
        If the configuration asks for what needs the mask as a whole.
    """
    check_in_tiles(config)
    kept: dict[tuple[int, int], NDArray[np.float32]] = {}
    blocks = [fitting.tiling.block(tile) for tile in fitting.sampled]
    area = sum((r.stop - r.start) * (c.stop - c.start) for r, c in blocks)

    def sample(tile: Tile) -> NDArray[np.float32]:
        members = _members(fitting, config, tile)
        if config.features == "prior":
            kept[tile.row, tile.column] = members
        # Without what the next tiles have too, so that every pixel counts once.
        rows, columns = fitting.tiling.block(tile)
        own = _middle(members)[: rows.stop - rows.start, : columns.stop - columns.start]
        share = own.shape[0] * own.shape[1] / area
        seed = fitting.tile_seed(tile)
        return draw_patches(own, window=config.options.window, share=share, seed=seed)

    samples = fitting.each(sample, fitting.sampled, "sample", len(fitting.sampled))
    clusters = cluster_drawn_patches(
        np.concatenate([drawn for _, drawn in samples]),
        window=config.options.window,
        n_clusters=config.options.n_clusters,
        n_init=config.options.n_init,
        seed=fitting.seed,
    )
    if len(clusters.centroids) == 1:
        return Blank()
    small = fitting.image.small(config.prior.working_size or SMALL)
    if config.features == "prior":
        small = _middle(_fitted(small, fitting, config, fitting.seed))
    return _Clustered(fitting, config, clusters, small, kept)


def check_in_tiles(config: ForegroundConfig) -> None:
    """Refuse what needs the mask in one piece."""
    refuse_whole(config, ("min_size", "fill_holes", "instances"), "mask")


def _members(fitting: Fitting, config: ForegroundConfig, tile: Tile) -> NDArray[np.float32]:
    """What is clustered on a tile, (M, rows, columns, C)."""
    image = fitting.read(tile)
    if config.features == "image" or is_flat(image):
        return image[None]
    return _fitted(image, fitting, config, fitting.tile_seed(tile))


def _fitted(
    image: NDArray[np.float32], fitting: Fitting, config: ForegroundConfig, seed: int
) -> NDArray[np.float32]:
    """The members of a prior, brought to the level of the image.

    Stopped early, a prior has come part of the way to the colours of its image, on every tile
    another part; the mean of each channel makes up for most of that.
    """
    prior = config.prior.replace(working_size=None, snapshots=(), features=())
    members = fit(
        Pyramid(image), prior, seed=seed, device=fitting.device, callback=fitting.unless_given_up
    ).members
    level = image.mean(axis=(0, 1), dtype=np.float64)
    level -= _middle(members).mean(axis=(0, 1), dtype=np.float64)
    levelled: NDArray[np.float32] = members + level.astype(np.float32)
    return levelled


def _middle(members: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(members) == 1:
        only: NDArray[np.float32] = members[0]
        return only
    middle: NDArray[np.float32] = np.median(members, axis=0).astype(np.float32, copy=False)
    return middle


class _Clustered:
    """Clusters of windows, each called foreground or background; see `TileModel`."""

    mask = True
    largest = 1

    def __init__(
        self,
        fitting: Fitting,
        config: ForegroundConfig,
        clusters: PatchClusters,
        small: NDArray[np.float32],
        kept: dict[tuple[int, int], NDArray[np.float32]],
    ) -> None:
        self._fitting, self._config, self._clusters, self._kept = fitting, config, clusters, kept
        count = len(clusters.centroids)
        polarity = choose_polarity(clusters.distances(small).argmin(axis=-1), count)
        self._inside = polarity.foreground
        self._voted = config.features == "prior" and config.prior.members > 1
        self.certainty = polarity.certainty
        self.evidence = {"polarity": polarity.certainty, **polarity.evidence}
        self.evidence["clusters"] = float(count)

    def scores(self, tile: Tile) -> NDArray[np.float32]:
        """See `TileModel`."""
        members = self._kept.pop((tile.row, tile.column), None)
        if members is None:
            members = _members(self._fitting, self._config, tile)
        found = self._clusters.distances(_middle(members))  # (rows, columns, K)
        maps = [found[..., self._inside].min(-1), found[..., ~self._inside].min(-1)]
        if self._voted:
            votes = [self._inside[self._clusters.distances(m).argmin(-1)] for m in members]
            maps.append(np.mean(votes, axis=0, dtype=np.float32))
        return np.stack(maps)

    def labels(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        """See `TileModel`."""
        inside: NDArray[np.bool_] = scores[0] < scores[1]
        return ~inside if self._config.invert else inside

    def confidence(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `TileModel`."""
        if self._voted:
            agreed: NDArray[np.float32] = np.where(scores[0] < scores[1], scores[2], 1 - scores[2])
            return agreed
        near, far = np.sqrt(scores[:2].min(axis=0)), np.sqrt(scores[:2].max(axis=0))
        total = near + far
        margin: NDArray[np.float32] = (far - near) / np.where(total > 0, total, 1)
        return margin


class Blank:
    """An image of one colour, on which there is no object; see `TileModel`."""

    mask = True
    largest = 1
    certainty = 0.0

    def __init__(self) -> None:
        self.evidence = {"polarity": 0.0, "size": 0.0, "clusters": 1.0}

    def scores(self, tile: Tile) -> NDArray[np.float32]:
        """See `TileModel`."""
        rows, columns = tile.rows, tile.columns
        return np.zeros((1, rows.stop - rows.start, columns.stop - columns.start), np.float32)

    def labels(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        """See `TileModel`."""
        return np.zeros(scores.shape[1:], bool)

    def confidence(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `TileModel`."""
        return np.zeros(scores.shape[1:], np.float32)
