"""The classes of an image in tiles: one network, fitted to the image reduced, for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from segprior.errors import ConfigError, ImageError
from segprior.image.pyramid import Pyramid
from segprior.image.resize import is_flat
from segprior.messages import Setting
from segprior.methods.method import Context
from segprior.methods.multiclass.network import Guide, channels_of_classes, softmax_margin
from segprior.tiling.model import refuse_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.methods.multiclass.config import SegmentConfig
    from segprior.nn.clustering.engine import Fixed
    from segprior.nn.clustering.training import Clusters
    from segprior.tiling.grid import Tile
    from segprior.tiling.model import Fitting, TileModel

__all__ = ["fit_network", "network_cost"]

# Pixels that the network may be fitted to.
MOST_FITTED = 4_000_000
# Bytes of all maps of one layer of the network that are there at once: rows are taken in parts.
# Larger ones leave the caches, smaller ones compute more rows of their neighbours again.
LAYER_BYTES = 2**24
# Classes that are reckoned with before any are found.
USUAL_CLASSES = 32


def network_cost(config: SegmentConfig, channels: int) -> tuple[int, int, int]:
    """Estimate the bytes per pixel of a tile at work, those of a sampled one, and the maps."""
    classes = min(config.classes or config.max_classes or USUAL_CLASSES, config.options.channels)
    return 8 * classes + 12 * channels + 100, 0, classes


def fit_network(
    fitting: Fitting,
    config: SegmentConfig,
    guide: Callable[[Pyramid, Context], Guide],
) -> TileModel:
    """Fit the network to the image at the working size, or at the scale if that is smaller.

    Parameters
    ----------
    fitting : Fitting
        The image.
    config : SegmentConfig
        How to go about it.
    guide : callable
        From the image, which has that size already, and the context to what guides the network.

    Returns
    -------
    TileModel
        With the response to each class; the classes are numbered by their area on the reduced
        image, the largest first.

    Raises
    ------
    ConfigError
        If the configuration asks for what needs the labels as a whole.
    ImageError
        If there are not as many classes as asked for.
    """
    refuse_whole(config, ("min_size", "connected"), "labels")
    small = fitting.image.small(config.working_size)
    if small.shape[0] * small.shape[1] > MOST_FITTED:
        raise ConfigError(
            f" for {small.shape[0]} x {small.shape[1]} pixels",
            option="working_size",
            got=config.working_size,
            cure="pass one of at most 2000",
        )
    if is_flat(small):
        if (config.classes or 1) > 1:
            raise ImageError("one colour has one class, not ", Setting("classes", config.classes))
        return _Network(None, [np.zeros(1, np.intp)], fitting, {"found": 1.0})
    context = Context(
        config=config.replace(prior=config.prior.replace(working_size=None)),
        seed=fitting.seed,
        device=fitting.device,
        callback=fitting.callback,
    )
    guided = guide(Pyramid(small), context)
    from segprior.nn.clustering.engine import make_fixed
    from segprior.nn.clustering.training import cluster

    found = cluster(
        small,
        config.options,
        fitting.seed,
        fitting.device,
        superpixels=guided.superpixels,
        continuity=guided.continuity,
        least=config.classes or config.min_classes,
        callback=fitting.callback,
    )
    classes = _classes(found, config, small)
    network = make_fixed(found.weights, small, fitting.device)
    evidence = {
        "iterations": float(len(found.counts)),
        "found": float(np.unique(found.labels).size),
    }
    return _Network(network, classes, fitting, evidence)


def _classes(
    found: Clusters, config: SegmentConfig, small: NDArray[np.float32]
) -> list[NDArray[np.intp]]:
    """The channels that make up each class, from the largest area to the smallest."""
    classes = channels_of_classes(found, small, config)
    areas = np.bincount(found.labels.ravel())
    order = np.argsort([-areas[channels].sum() for channels in classes], kind="stable")
    return [classes[number] for number in order]


class _Network:
    """Classes by the network with the statistics of the overview; see `TileModel`."""

    mask = False
    certainty = 1.0

    def __init__(
        self,
        network: Fixed | None,
        classes: list[NDArray[np.intp]],
        fitting: Fitting,
        evidence: dict[str, float],
    ) -> None:
        self._network, self._classes, self._fitting = network, classes, fitting
        self.largest = len(classes)
        self.evidence = evidence

    def scores(self, tile: Tile) -> NDArray[np.float32]:
        """See `TileModel`."""
        network = self._network
        shape = tile.rows.stop - tile.rows.start, tile.columns.stop - tile.columns.start
        maps = np.zeros((len(self._classes), *shape), np.float32)
        if network is None or len(self._classes) == 1:
            return maps
        image = self._fitting.read(tile)
        reach = network.reach
        step = max(1, LAYER_BYTES // (4 * network.channels * shape[1]) - 2 * reach)
        for top in range(0, shape[0], step):
            bottom = min(top + step, shape[0])
            first, last = max(0, top - reach), min(shape[0], bottom + reach)
            found = network(image[first:last])[top - first : bottom - first]
            for number, channels in enumerate(self._classes):
                maps[number, top:bottom] = found[..., channels].max(-1)
        return maps

    def labels(self, scores: NDArray[np.float32]) -> NDArray[np.integer]:
        """See `TileModel`."""
        best: NDArray[np.integer] = scores.argmax(axis=0) + 1
        return best

    def confidence(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `TileModel`."""
        if len(scores) == 1:
            return np.ones(scores.shape[1:], np.float32)
        return softmax_margin(scores)
