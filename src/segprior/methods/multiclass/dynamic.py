"""DynaSeg: a continuity loss whose weight follows the number of labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from segprior.config.checks import one_of
from segprior.config.network import NetworkConfig
from segprior.image.pyramid import Pyramid
from segprior.methods.method import Context
from segprior.methods.multiclass.network import Guide
from segprior.methods.multiclass.network_method import network_method

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


def _guide(image: Pyramid, context: Context) -> Guide:
    if context.config.options.weighting == "scf":
        return Guide(continuity=lambda count: 50 / count)
    return Guide(continuity=lambda count: count / 15)


METHOD = network_method(
    _guide,
    name="dynamic",
    config=DynamicConfig,
    summary="the same, with a weight of that loss that follows the number of labels",
)
