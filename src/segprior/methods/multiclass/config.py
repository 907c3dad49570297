"""How an image is divided into many classes, whatever the method."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from segprior.config.checks import at_least
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError
from segprior.messages import Setting
from segprior.methods.config import MethodConfig
from segprior.methods.method import Kind
from segprior.prior.prior import Prior, check_prior

__all__ = ["SegmentConfig"]


@dataclass(frozen=True, kw_only=True, init=False)
class SegmentConfig(MethodConfig):
    """How an image is divided into classes, their number unknown.

    The preset ``fast``, the default, merges regions (``docs/quality.md``); ``backprop`` trains a
    network, with numbers chosen by measurement (``docs/segment.md``), and ``published`` with those
    of the DSP publication.

    Parameters
    ----------
    prior : PriorConfig
        How the prior is fitted, where one is used. A hierarchy adds the hidden features that it
        needs.
    method : str
        Which method divides the image.
    working_size : int or None
        Longest side, in pixels, at which the image is divided; a larger one is reduced to it.
        None works at full size.
    min_classes : int
        The fit of a network comes to an end once no more labels than this are left; a hierarchy
        is cut into no fewer segments.
    max_classes : int or None
        Join the most similar classes until no more than this are left.
    classes : int or None
        Exactly so many classes, in place of the two above.
    connected : bool
        Make each connected piece a label of its own.
    min_size : int
        Connected pieces smaller than this many pixels go to their most similar neighbour; 0 keeps
        all.
    options : dataclass
        The options of the method. They may also be given directly, as in
        ``SegmentConfig.preset("fast", coarseness=0)``.
    """

    kind: ClassVar[Kind] = "regions"

    prior: PriorConfig = field(
        default_factory=lambda: PriorConfig(members=4, iterations=50, working_size=320)
    )
    method: str = "hierarchy"
    working_size: int | None = 480
    min_classes: int = 1
    max_classes: int | None = None
    classes: int | None = None
    connected: bool = False
    min_size: int = 0
    options: Any = None

    def __post_init__(self) -> None:
        if self.working_size is not None:
            at_least("working_size", self.working_size, 16)
        at_least("min_classes", self.min_classes, 1)
        for name in ("max_classes", "classes"):
            if (value := getattr(self, name)) is not None:
                at_least(name, value, 1)
        at_least("min_size", self.min_size, 0)
        method = self.chosen
        if method.check is not None:
            method.check(self)
        most = self.min_classes if self.max_classes is None else self.max_classes
        if self.classes is None and most < self.min_classes:
            raise ConfigError(
                " below ",
                Setting("min_classes", self.min_classes),
                option="max_classes",
                got=most,
                cure=("lower ", Setting("min_classes"), " too"),
            )
        if method.features is not None and self.need != "never":
            wanted = (*self.prior.features, *method.features(self.prior))
            prior = self.prior.replace(features=tuple(dict.fromkeys(wanted)))
            object.__setattr__(self, "prior", prior)

    def with_prior(self, prior: Prior, shape: tuple[int, ...]) -> SegmentConfig:
        """Return the configuration for a prior of the image that was brought along.

        Parameters
        ----------
        prior : Prior
            Its own configuration takes the place of ``prior``.
        shape : tuple of int
            Of the image, (H, W, C).

        Raises
        ------
        ConfigError
            If the method has no use for a prior, or this one is of another shape or lacks features.
        """
        method = self.chosen
        if self.need == "never":
            said: list[str | Setting] = ["got a prior with ", Setting("method", self.method)]
            has = "has"
            if option := method.prior_option:
                said += [" and ", Setting(option, getattr(self.options, option))]
                has = "have"
            raise ConfigError(*said, f", which {has} no use for it", cure="leave it out")
        check_prior(prior, shape)
        wanted = () if method.features is None else method.features(prior.config)
        if any(key not in prior.features for key in wanted):
            raise ConfigError(
                "got a prior without hidden features of its last iteration",
                cure=("fit it with ", Setting("features", list(wanted)), ", or leave it out"),
            )
        return self.replace(prior=prior.config)
