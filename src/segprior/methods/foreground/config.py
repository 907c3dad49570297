"""How foreground is told from background, whatever the method."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from segprior.config.checks import at_least, one_of, positive
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError
from segprior.messages import Setting
from segprior.methods.config import MethodConfig
from segprior.methods.method import Kind

__all__ = ["ForegroundConfig"]


@dataclass(frozen=True, kw_only=True, init=False)
class ForegroundConfig(MethodConfig):
    """How foreground is told from background.

    The preset ``fast``, the default, is what measured best (``docs/quality.md``). ``published``
    holds the numbers of the DSP publication, ``dsp`` the cheapest that keep its quality.

    Parameters
    ----------
    method : str
        Which method finds the foreground.
    prior : PriorConfig
        How the prior is fitted. Its fields may also be given directly, as in
        ``ForegroundConfig.preset("fast", members=5)``.
    features : {"auto", "prior", "image"}
        What is looked at: the prior, or the image itself. ``"auto"`` is the prior for
        ``kmeans`` and the image for ``consensus``.
    invert : bool
        Swap foreground and background after the choice.
    min_size : int
        Drop connected pieces of foreground smaller than this many pixels; 0 keeps all.
    fill_holes : bool
        Turn background that is enclosed by foreground into foreground.
    instances : bool
        Number things one by one, from 1, also where they touch. An image that is read as one object
        gives the connected pieces of its mask.
    diameter : float or None
        Of a usual thing, in pixels of the image, for instances; None is what the image says.
    options : dataclass
        The options of the method. They may also be given directly, as in
        ``ForegroundConfig.preset("dsp", window=3)``.
    """

    kind: ClassVar[Kind] = "foreground"

    prior: PriorConfig = field(default_factory=PriorConfig)
    method: str = "consensus"
    features: Literal["auto", "prior", "image"] = "auto"
    invert: bool = False
    min_size: int = 0
    fill_holes: bool = False
    instances: bool = False
    diameter: float | None = None
    options: Any = None

    def __post_init__(self) -> None:
        one_of("features", self.features, ("auto", "prior", "image"))
        if self.features == "auto" and self.need == "always":
            object.__setattr__(self, "features", "prior")
        if self.features == "prior" and self.need == "never":
            raise ConfigError(
                " with ",
                Setting("method", self.method),
                ", which looks at the image",
                option="features",
                got=self.features,
                cure="leave it out",
            )
        at_least("min_size", self.min_size, 0)
        if self.diameter is not None:
            positive("diameter", self.diameter)
            if not self.instances:
                raise ConfigError(
                    ", which says how large things are",
                    option="diameter",
                    got=self.diameter,
                    cure=("pass ", Setting("instances", True), " too"),
                )
        if self.chosen.check is not None:
            self.chosen.check(self)
