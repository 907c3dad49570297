"""K-means on the patches of the prior: the method of the Deep Segmentation Prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from segprior.config.checks import at_least
from segprior.config.presets import Presets
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError
from segprior.features.patch_kmeans import cluster_patches
from segprior.image.pyramid import Pyramid
from segprior.methods.foreground.decision import Decision
from segprior.methods.foreground.kmeans_tiles import fit_foreground, foreground_cost
from segprior.methods.method import Context, Method, Tiles
from segprior.regions.polarity import choose_polarity

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["METHOD", "KMeansConfig", "split_patches"]


@dataclass(frozen=True, kw_only=True)
class KMeansConfig(Presets):
    """Options of K-means.

    Parameters
    ----------
    window : int
        Side, in pixels, of the square window that describes each pixel for ``kmeans``; odd.
    n_clusters : int
        Number of K-means clusters, at least 2; each is then called foreground or background.
    n_init : int
        Starts of K-means, the best of which counts.
    """

    window: int = 7
    n_clusters: int = 2
    n_init: int = 10

    def __post_init__(self) -> None:
        at_least("window", self.window, 1)
        if self.window % 2 == 0:
            raise ConfigError(
                option="window", got=self.window, cure="pass an odd number, such as 7"
            )
        at_least("n_clusters", self.n_clusters, 2)
        at_least("n_init", self.n_init, 1)


def split_patches(image: Pyramid, options: KMeansConfig, context: Context) -> Decision | None:
    """Split the pixels by the patches around them, and tell which clusters are the object.

    Parameters
    ----------
    image : Pyramid
        Looked at at the working size of the prior, where there is none.
    options : KMeansConfig
    context : Context
        With the prior whose members vote.

    Returns
    -------
    Decision or None
        Of the squared distances to the centroids and, with several members, the share of them
        that votes for foreground; None if all patches are alike.
    """
    prior = context.prior
    if prior is None:
        grid = image.at(context.config.prior.working_size)
        members = grid[None]
    else:
        grid, members = prior.fitted, prior.members
    found = cluster_patches(
        grid,
        window=options.window,
        n_clusters=options.n_clusters,
        n_init=options.n_init,
        seed=context.seed,
    )
    count = len(found.centroids)
    if count == 1:
        return None
    distances = found.distances(grid)
    polarity = choose_polarity(distances.argmin(axis=-1), count)
    evidence = {"polarity": polarity.certainty, **polarity.evidence, "clusters": float(count)}
    evidence |= {f"cluster_{i}": float(p) for i, p in enumerate(polarity.probability)}

    maps = [np.moveaxis(distances, -1, 0)]
    voted = len(members) > 1
    if voted:
        votes = [polarity.foreground[found.distances(m).argmin(axis=-1)] for m in members]
        maps.append(np.mean(votes, axis=0, keepdims=True, dtype=np.float32))

    def decide(strip: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        inside = strip[:count][polarity.foreground].min(axis=0)
        outside = strip[:count][~polarity.foreground].min(axis=0)
        mask: NDArray[np.bool_] = inside < outside
        if voted:
            return mask, np.where(mask, strip[-1], 1 - strip[-1])
        return mask, _margin(inside, outside)

    return Decision(
        maps=np.concatenate(maps),
        decide=decide,
        certainty=polarity.certainty,
        evidence=evidence,
        voted=voted,
    )


def _margin(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Difference of two distances over their sum, from their squares; 0 where both are 0."""
    one, other = np.sqrt(one), np.sqrt(other)
    total = one + other
    margin: NDArray[np.float32] = np.abs(one - other) / np.where(total > 0, total, 1)
    return margin


METHOD = Method(
    name="kmeans",
    kind="foreground",
    config=KMeansConfig,
    run=split_patches,
    title="K-means",
    summary="K-means on the windows of the prior",
    prior="always",
    tiles=Tiles(fit=fit_foreground, cost=foreground_cost),
    start="dsp",
    presets={
        "dsp": {"method": "kmeans"},
        "published": {"method": "kmeans", "prior": PriorConfig.preset("published")},
    },
    blank={"polarity": 0.0, "size": 0.0, "clusters": 1.0},
)
