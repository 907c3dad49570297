"""Differentiable feature clustering: neighbours are asked to be alike."""

from __future__ import annotations

from dataclasses import dataclass

from segprior.config.checks import from_zero
from segprior.config.network import NetworkConfig
from segprior.image.pyramid import Pyramid
from segprior.methods.method import Context
from segprior.methods.multiclass.network import Guide
from segprior.methods.multiclass.network_method import network_method

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


def _guide(image: Pyramid, context: Context) -> Guide:
    weight: float = context.config.options.continuity
    return Guide(continuity=lambda count: weight)


METHOD = network_method(
    _guide,
    name="continuity",
    config=ContinuityConfig,
    summary="clustering by backpropagation with a continuity loss",
)
