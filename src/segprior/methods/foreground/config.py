"""How foreground is told from background."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from segprior.config.checks import at_least, of_kind, one_of
from segprior.config.presets import Presets
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError

__all__ = ["ForegroundConfig"]


@dataclass(frozen=True, kw_only=True)
class ForegroundConfig(Presets):
    """How foreground is told from background.

    The preset ``fast``, the default, is what measured best (``docs/quality.md``). ``published``
    holds the numbers of the DSP publication, ``dsp`` the cheapest that keep its quality.

    Parameters
    ----------
    method : {"consensus", "kmeans"}
        Two readings of the image, one object by the vote of several masks and small things by a
        threshold, of which the more fitting is taken; or K-means on the windows of the prior.
    reading : {"auto", "object", "things"}
        Which reading ``consensus`` takes: the more fitting one, or always the same.
    prior : PriorConfig
        How the prior is fitted. Its fields may also be given directly, as in
        ``ForegroundConfig.preset("fast", members=5, window=3)``.
    features : {"auto", "prior", "image"}
        What is looked at: the prior, or the image itself. ``"auto"`` is the prior for
        ``kmeans`` and the image for ``consensus``.
    window : int
        Side, in pixels, of the square window that describes each pixel for ``kmeans``; odd.
    n_clusters : int
        Number of K-means clusters, at least 2; each is then called foreground or background.
    n_init : int
        Starts of K-means, the best of which counts.
    invert : bool
        Swap foreground and background after the choice.
    min_size : int
        Drop connected pieces of foreground smaller than this many pixels; 0 keeps all.
    fill_holes : bool
        Turn background that is enclosed by foreground into foreground.
    """

    prior: PriorConfig = field(default_factory=PriorConfig)
    method: Literal["consensus", "kmeans"] = "consensus"
    reading: Literal["auto", "object", "things"] = "auto"
    features: Literal["auto", "prior", "image"] = "auto"
    window: int = 7
    n_clusters: int = 2
    n_init: int = 10
    invert: bool = False
    min_size: int = 0
    fill_holes: bool = False

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "fast": {},
        "dsp": {"method": "kmeans"},
        "published": {"method": "kmeans", "prior": PriorConfig.preset("published")},
    }

    def __post_init__(self) -> None:
        of_kind("prior", self.prior, PriorConfig)
        one_of("method", self.method, ("consensus", "kmeans"))
        one_of("reading", self.reading, ("auto", "object", "things"))
        one_of("features", self.features, ("auto", "prior", "image"))
        if self.method == "kmeans" and self.features == "auto":
            object.__setattr__(self, "features", "prior")
        at_least("window", self.window, 1)
        if self.window % 2 == 0:
            raise ConfigError(f"got window={self.window}; pass an odd number, such as 7")
        at_least("n_clusters", self.n_clusters, 2)
        at_least("n_init", self.n_init, 1)
        self._check_use()
        at_least("min_size", self.min_size, 0)

    def _check_use(self) -> None:
        """Refuse settings of the one method for the other, which would say nothing."""
        if self.method == "kmeans":
            if self.reading != "auto":
                raise ConfigError(
                    f"got reading={self.reading!r} with method='kmeans'; it belongs to 'consensus'"
                )
            return
        fields = {f.name: f.default for f in dataclasses.fields(self)}
        for name in ("window", "n_clusters", "n_init"):
            if (value := getattr(self, name)) != fields[name]:
                raise ConfigError(
                    f"got {name}={value} with method='consensus'; it belongs to K-means: "
                    "pass preset='dsp' too"
                )
