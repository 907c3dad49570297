"""How many images are worked on, and by how many processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from segprior.config.checks import MAX_PIXELS, at_least, of_kind, positive
from segprior.config.presets import Presets
from segprior.errors import ConfigError

__all__ = ["BatchConfig", "CurveConfig", "EvaluateConfig"]


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(Presets):
    """On how many images methods are scored, and by how many processes.

    Parameters
    ----------
    every : int
        Take every so many of the images, sorted by name, from the first on.
    limit : int
        Take at most this many of these; 0 takes all.
    workers : int
        Processes, each on one thread. Their number changes no result; with more than the
        machine has cores, or than its memory has room for, the seconds grow.
    max_pixels : int or None
        Refuse images, masks and label maps with more pixels; None sets no limit.
    max_bytes : int or None
        Refuse files that take more memory, all channels counted; None stands for a quarter of the
        memory there is.
    """

    every: int = 1
    limit: int = 0
    workers: int = 1
    max_pixels: int | None = MAX_PIXELS
    max_bytes: int | None = None

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"fast": {}}

    def __post_init__(self) -> None:
        at_least("every", self.every, 1)
        at_least("limit", self.limit, 0)
        at_least("workers", self.workers, 1)
        for name in ("max_pixels", "max_bytes"):
            if (limit := getattr(self, name)) is not None:
                at_least(name, limit, 1)


@dataclass(frozen=True, kw_only=True)
class CurveConfig(EvaluateConfig):
    """On how many images hierarchies are scored, at how many cuts, and by how many processes.

    Parameters
    ----------
    thresholds : int
        At how many cuts of a curve covering, PRI, VoI and mIOU are measured.
    boundary_thresholds : int
        At how many its boundaries are, each of which takes more time than all cuts without them.
    span : tuple of 2 float or None
        The first and the last threshold of a curve: with even steps in between for contour maps,
        with even ratios for costs and scales. With None it goes by what is cut.
    """

    thresholds: int = 99
    boundary_thresholds: int = 30
    span: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("thresholds", self.thresholds, 2)
        at_least("boundary_thresholds", self.boundary_thresholds, 2)
        if self.span is None:
            return
        for end in self.span:
            positive("span", end)
        if len(self.span) != 2 or not self.span[0] < self.span[1]:
            raise ConfigError(
                option="span", got=self.span, cure="pass the first and the last, the larger one"
            )


@dataclass(frozen=True, kw_only=True)
class BatchConfig(Presets):
    """How many images are worked on at a time.

    Parameters
    ----------
    workers : int
        Processes, each on one thread; 0 is one for each core. Their number changes no result.
    interval : float
        Seconds from one look for new images to the next.
    dask : str
        Address of a Dask scheduler whose workers do the images, such as tcp://host:8786, or the
        .json file that it writes; or local, which starts one here. The number of workers is a
        limit then, and 0 is none. Without an address processes of this machine do it.
    """

    workers: int = 0
    interval: float = 2.0
    dask: str = ""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"fast": {}}

    def __post_init__(self) -> None:
        at_least("workers", self.workers, 0)
        positive("interval", self.interval)
        of_kind("dask", self.dask, str)
