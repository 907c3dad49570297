"""Clustering by backpropagation, with superpixels of the prior: what the DSP publication does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from segprior.config.checks import at_least, one_of, positive
from segprior.config.network import NetworkConfig
from segprior.config.prior import PriorConfig
from segprior.image.pyramid import Pyramid
from segprior.image.resize import resize
from segprior.methods.method import Context, Need
from segprior.methods.multiclass.network import PRESET, Guide
from segprior.methods.multiclass.network_method import network_method

__all__ = ["METHOD", "BackpropConfig"]


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


def _need(options: BackpropConfig) -> Need:
    return "always" if options.superpixels == "prior" else "never"


def _guide(image: Pyramid, context: Context) -> Guide:
    """Superpixels, in each of which the labels are made constant by majority."""
    options: BackpropConfig = context.config.options
    if options.superpixels == "none":
        return Guide()
    source = image.at(context.config.working_size)
    if options.superpixels == "prior":
        source = resize(context.fit_prior(image).fitted, source.shape[:2])
    from segprior.features.superpixels import find_superpixels

    found = find_superpixels(
        source, n_superpixels=options.n_superpixels, compactness=options.compactness
    )
    return Guide(superpixels=found)


METHOD = network_method(
    _guide,
    name="backprop",
    config=BackpropConfig,
    summary="clustering by backpropagation with superpixels",
    prior=_need,
    prior_option="superpixels",
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
)
