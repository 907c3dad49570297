"""The home of the defaults of the analyses and of the reproduction of the published figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from segprior.config.checks import at_least, of_kind, one_of
from segprior.config.presets import Presets
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError

__all__ = ["AnalysisConfig", "ReproduceConfig"]

_EPOCHS = (10, 20, 30, 40, 50)


@dataclass(frozen=True, kw_only=True)
class AnalysisConfig(Presets):
    """What is measured of an image and its prior.

    Parameters
    ----------
    prior : PriorConfig
        How the prior is fitted. Without ``features`` of its own, the output of every block at
        the prior's iteration is kept.
    windows : tuple of int
        Sides of the windows, in pixels and odd, that masks are made with.
    late : int
        Iteration, beyond the others, at which the output is shown once more.
    cutoff : float
        Of the low-pass filter that the prior is compared with, on each axis, in cycles per
        pixel.
    tolerance : float
        Distance in pixels up to which an edge of the prior counts as one of the image.
    """

    prior: PriorConfig = field(default_factory=lambda: PriorConfig(snapshots=_EPOCHS))
    windows: tuple[int, ...] = (1, 3, 5, 7)
    late: int = 100
    cutoff: float = 0.1
    tolerance: float = 2.0

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "fast": {},
        "published": {"prior": PriorConfig.preset("published", snapshots=_EPOCHS)},
    }

    def __post_init__(self) -> None:
        of_kind("prior", self.prior, PriorConfig)
        windows = tuple(sorted(set(self.windows)))
        object.__setattr__(self, "windows", windows)
        if len(windows) < 2:
            raise ConfigError(
                option="windows", got=self.windows, cure="pass two or more, such as 1,7"
            )
        for window in windows:
            if not isinstance(window, int) or window < 1 or window % 2 == 0:
                raise ConfigError(f"got a window of {window!r}; pass odd numbers, such as 1,3,5")
        at_least("late", self.late, 1)
        if not 0 < self.cutoff <= 0.5:
            raise ConfigError(
                option="cutoff", got=self.cutoff, cure="pass cycles per pixel from 0 to 0.5"
            )
        if not 0 <= self.tolerance < float("inf"):
            raise ConfigError(option="tolerance", got=self.tolerance, cure="pass pixels from 0")


@dataclass(frozen=True, kw_only=True)
class ReproduceConfig(Presets):
    """How the published figures are made again.

    Parameters
    ----------
    prior : PriorConfig
        How priors are fitted.
    window : int
        Side of the window of the masks, in pixels; odd.
    double_dip : {"fast", "published"}
        Preset of Double-DIP, of figures 4 and 7.
    double_dip_size : int or None
        Longest side, in pixels, at which its generators are fitted. None is full size.
    """

    prior: PriorConfig = field(default_factory=lambda: PriorConfig.preset("published"))
    window: int = 7
    double_dip: Literal["fast", "published"] = "published"
    double_dip_size: int | None = 192

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "published": {},
        "fast": {"prior": PriorConfig(), "double_dip": "fast", "double_dip_size": 128},
    }

    def __post_init__(self) -> None:
        of_kind("prior", self.prior, PriorConfig)
        if not isinstance(self.window, int) or self.window < 1 or self.window % 2 == 0:
            raise ConfigError(
                option="window", got=self.window, cure="pass an odd number, such as 7"
            )
        one_of("double_dip", self.double_dip, ("fast", "published"))
        size = self.double_dip_size
        if size is not None and (not isinstance(size, int) or size < 16):
            raise ConfigError(option="double_dip_size", got=size, cure="pass at least 16")
