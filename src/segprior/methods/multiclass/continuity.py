"""Differentiable feature clustering: neighbours are asked to be alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from segprior.config.checks import from_zero
from segprior.config.network import NetworkConfig
from segprior.image.pyramid import Pyramid
from segprior.methods.method import Context, Method, Tiles
from segprior.methods.multiclass.classes import Classes
from segprior.methods.multiclass.network import BLANK, Guide, check_classes, network_classes
from segprior.methods.multiclass.network_tiles import fit_network, network_cost

if TYPE_CHECKING:
    from segprior.methods.multiclass.config import SegmentConfig
    from segprior.tiling.model import Fitting, TileModel

__all__ = ["METHOD", "ContinuityConfig"]


@dataclass(frozen=True, kw_only=True)
class ContinuityConfig(NetworkConfig):
    """Options of ``continuity``, beside those of all networks.

    Parameters
    ----------
    continuity : float
        Weight of the differences between neighbours in ``continuity``.
    """

    continuity: float = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        from_zero("continuity", self.continuity)


def _guide(options: ContinuityConfig) -> Guide:
    return Guide(continuity=lambda count: options.continuity)


def _run(image: Pyramid, options: ContinuityConfig, context: Context) -> Classes:
    return network_classes(image, context, _guide(options))


def _in_tiles(fitting: Fitting, config: SegmentConfig) -> TileModel:
    return fit_network(fitting, config, lambda small: _guide(config.options))


METHOD = Method(
    name="continuity",
    kind="regions",
    config=ContinuityConfig,
    run=_run,
    summary="clustering by backpropagation with a continuity loss",
    tiles=Tiles(fit=_in_tiles, cost=network_cost),
    scribbles=True,
    start="backprop",
    check=check_classes,
    lack="trains no network",
    blank=BLANK,
)
