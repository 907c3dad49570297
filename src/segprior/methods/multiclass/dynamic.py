"""DynaSeg: a continuity loss whose weight follows the number of labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from segprior.config.checks import one_of
from segprior.config.network import NetworkConfig
from segprior.image.pyramid import Pyramid
from segprior.methods.method import Context, Method, Tiles
from segprior.methods.multiclass.classes import Classes
from segprior.methods.multiclass.network import BLANK, Guide, check_classes, network_classes
from segprior.methods.multiclass.network_tiles import fit_network, network_cost

if TYPE_CHECKING:
    from segprior.methods.multiclass.config import SegmentConfig
    from segprior.tiling.model import Fitting, TileModel

__all__ = ["METHOD", "DynamicConfig"]


@dataclass(frozen=True, kw_only=True)
class DynamicConfig(NetworkConfig):
    """Options of ``dynamic``, beside those of all networks.

    Parameters
    ----------
    weighting : {"scf", "fsf"}
        That weight in ``dynamic``: 50 / n or n / 15, with n the number of labels.
    """

    weighting: Literal["scf", "fsf"] = "scf"

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("weighting", self.weighting, ("scf", "fsf"))


def _guide(options: DynamicConfig) -> Guide:
    if options.weighting == "scf":
        return Guide(continuity=lambda count: 50 / count)
    return Guide(continuity=lambda count: count / 15)


def _run(image: Pyramid, options: DynamicConfig, context: Context) -> Classes:
    return network_classes(image, context, _guide(options))


def _in_tiles(fitting: Fitting, config: SegmentConfig) -> TileModel:
    return fit_network(fitting, config, lambda small: _guide(config.options))


METHOD = Method(
    name="dynamic",
    kind="regions",
    config=DynamicConfig,
    run=_run,
    summary="the same, with a weight of that loss that follows the number of labels",
    tiles=Tiles(fit=_in_tiles, cost=network_cost),
    scribbles=True,
    start="backprop",
    check=check_classes,
    lack="trains no network",
    blank=BLANK,
)
