"""Clustering by backpropagation, with superpixels of the prior: what the DSP publication does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from segprior.config.checks import at_least, one_of, positive
from segprior.config.network import NetworkConfig
from segprior.config.prior import PriorConfig
from segprior.image.pyramid import Pyramid
from segprior.image.resize import resize
from segprior.methods.method import Context, Method, Need, Tiles
from segprior.methods.multiclass.classes import Classes
from segprior.methods.multiclass.network import (
    BLANK,
    PRESET,
    Guide,
    check_classes,
    network_classes,
)
from segprior.methods.multiclass.network_tiles import fit_network, network_cost

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from segprior.methods.multiclass.config import SegmentConfig
    from segprior.tiling.model import Fitting, TileModel

__all__ = ["METHOD", "BackpropConfig", "cluster_by_backprop"]


@dataclass(frozen=True, kw_only=True)
class BackpropConfig(NetworkConfig):
    """Options of clustering by backpropagation, beside those of all networks.

    Parameters
    ----------
    superpixels : {"prior", "image", "none"}
        What the superpixels of ``backprop`` are found on.
    n_superpixels : int
        About how many superpixels.
    compactness : float
        How much nearness counts against colour in a superpixel; images of another number of
        channels than three take a hundredth of it.
    """

    superpixels: Literal["prior", "image", "none"] = "prior"
    n_superpixels: int = 1100
    compactness: float = 100.0

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("superpixels", self.superpixels, ("prior", "image", "none"))
        at_least("n_superpixels", self.n_superpixels, 1)
        positive("compactness", self.compactness)


def cluster_by_backprop(image: Pyramid, options: BackpropConfig, context: Context) -> Classes:
    """Train a network on its own labels, made constant in each superpixel by majority."""
    small = image.at(context.config.working_size)
    superpixels = None
    if options.superpixels == "prior":
        prior = context.fit_prior(image)
        superpixels = _found(resize(prior.fitted, small.shape[:2]), options)
    elif options.superpixels == "image":
        superpixels = _found(small, options)
    return network_classes(image, context, Guide(superpixels=superpixels))


def _found(source: NDArray[np.float32], options: BackpropConfig) -> NDArray[np.int32]:
    from segprior.features.superpixels import find_superpixels

    return find_superpixels(
        source, n_superpixels=options.n_superpixels, compactness=options.compactness
    )


def _need(options: BackpropConfig) -> Need:
    return "always" if options.superpixels == "prior" else "never"


def _in_tiles(fitting: Fitting, config: SegmentConfig) -> TileModel:
    def guide(small: NDArray[np.float32]) -> Guide:
        source = small
        if config.options.superpixels == "none":
            return Guide()
        if config.options.superpixels == "prior":
            from segprior.prior.prior import fit

            source = fit(
                Pyramid(small),
                config.prior.replace(working_size=None),
                seed=fitting.seed,
                device=fitting.device,
                callback=fitting.callback,
            ).fitted
        return Guide(superpixels=_found(source, config.options))

    return fit_network(fitting, config, guide)


METHOD = Method(
    name="backprop",
    kind="regions",
    config=BackpropConfig,
    run=cluster_by_backprop,
    summary="clustering by backpropagation with superpixels",
    prior=_need,
    prior_option="superpixels",
    tiles=Tiles(fit=_in_tiles, cost=network_cost),
    scribbles=True,
    start="backprop",
    presets={
        "backprop": {"method": "backprop", **PRESET},
        "published": {
            "method": "backprop",
            "prior": PriorConfig(
                members=10, iterations=101, working_size=None, shared_noise=True, median="lower"
            ),
            "n_superpixels": 10_000,
            "working_size": None,
            "iterations": 1000,
            "warmup": 100,
            "min_classes": 3,
        },
    },
    check=check_classes,
    lack="trains no network",
    blank=BLANK,
)
