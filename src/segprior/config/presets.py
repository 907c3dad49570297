"""The one home of every default: frozen, keyword-only configurations and their presets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self, TypeVar

from segprior.config.checks import at_least, of_kind, one_of, positive
from segprior.errors import ConfigError

__all__ = ["BatchConfig", "EvaluateConfig", "ForegroundConfig", "PriorConfig", "resolve"]


class Presets:
    """What the configurations share: presets by name, overrides by keyword, checks."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    @classmethod
    def preset(cls, name: str = "fast", **overrides: Any) -> Self:
        """Make the configuration of a preset, some of its fields replaced.

        Parameters
        ----------
        name : str
            One of ``cls.presets``.
        **overrides
            Fields of this configuration, or of the prior's configuration inside it.

        Raises
        ------
        ConfigError
            If the preset or a field does not exist, or a value is out of range.
        """
        if name not in cls.presets:
            raise ConfigError(f"no preset {name!r}; choose one of {', '.join(cls.presets)}")
        return cls(**cls.presets[name]).replace(**overrides)

    def replace(self, **overrides: Any) -> Self:
        """Return a copy with some fields replaced; errors as in :meth:`preset`."""
        fields = _names(self)
        own = {name: value for name, value in overrides.items() if name in fields}
        rest = {name: value for name, value in overrides.items() if name not in fields}
        inner: Any = own.get("prior", getattr(self, "prior", None))
        known = fields | (_names(inner) if isinstance(inner, Presets) else set())
        if unknown := rest.keys() - known:
            options = ", ".join(sorted(known))
            raise ConfigError(f"no option {min(unknown)!r}; the options are {options}")
        if rest:
            own["prior"] = inner.replace(**rest)
        return dataclasses.replace(self, **own)  # type: ignore[type-var]

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as nested plain values, fit for JSON."""
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]


def _names(config: Presets) -> set[str]:
    return {f.name for f in dataclasses.fields(config)}  # type: ignore[arg-type]


C = TypeVar("C", bound=Presets)


def resolve(kind: type[C], preset: str | None, config: C | None, overrides: Mapping[str, Any]) -> C:
    """Join the ``preset=``, ``config=`` and keyword arguments of a public function into one."""
    if config is None:
        return kind.preset("fast" if preset is None else preset, **overrides)
    if preset is not None:
        raise ConfigError(f"got both preset={preset!r} and config=; pass one of them")
    of_kind("config", config, kind)
    return config.replace(**overrides)


@dataclass(frozen=True, kw_only=True)
class PriorConfig(Presets):
    """How a prior is fitted.

    The preset ``published`` holds the numbers of the DSP publication; ``fast``, the default, is
    the cheapest setting that keeps the quality of its masks (``docs/performance.md``).

    Parameters
    ----------
    members : int
        Independent runs whose per-pixel median is the prior.
    iterations : int
        Forward passes of each run; the prior is the output of the last one, so the weights are
        updated one time less.
    working_size : int or None
        Longest side, in pixels, at which the prior is fitted; a larger image is reduced to it.
        None fits at full size.
    snapshots : tuple of int
        Iterations whose output is kept beside that of the last one. Where one is beyond
        ``iterations``, the fit goes on for it; the prior stays the output at ``iterations``.
    features : tuple of (str, int)
        Hidden features to keep, as pairs of block and iteration (which may be beyond
        ``iterations``, as for snapshots): ``("up2", 30)``. The blocks are
        ``down1``, ``down2``, ``down3``, ``up3``, ``up2``, ``up1``, with 8, 16, 32, 32, 16, 8
        channels at 1/2, 1/4, 1/8, 1/4, 1/2 and the whole of the working resolution.
    learning_rate : float
        Step of the Adam optimiser.
    noise_channels : int
        Channels of the fixed noise that the network is fed.
    noise_scale : float
        Width of that noise, uniform around 0.
    shared_noise : bool
        Feed all members the same noise.
    median : {"middle", "lower"}
        The median of an even number of members: the mean of the two in the middle, or the lower
        of them. The latter is also rounded to 8 bits, as in the DSP publication's many classes.
    """

    members: int = 3
    iterations: int = 30
    working_size: int | None = 224
    snapshots: tuple[int, ...] = ()
    features: tuple[tuple[str, int], ...] = ()
    learning_rate: float = 0.01
    noise_channels: int = 2
    noise_scale: float = 0.01
    shared_noise: bool = False
    median: Literal["middle", "lower"] = "middle"

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "fast": {},
        "published": {"members": 11, "iterations": 50, "working_size": None},
    }

    def __post_init__(self) -> None:
        at_least("members", self.members, 1)
        at_least("iterations", self.iterations, 1)
        at_least("noise_channels", self.noise_channels, 1)
        positive("learning_rate", self.learning_rate)
        positive("noise_scale", self.noise_scale)
        if self.working_size is not None:
            at_least("working_size", self.working_size, 16)
        one_of("median", self.median, ("middle", "lower"))
        object.__setattr__(self, "snapshots", tuple(sorted(set(self.snapshots))))
        object.__setattr__(self, "features", tuple((str(b), i) for b, i in self.features))
        wanted = [("snapshot", i) for i in self.snapshots] + list(self.features)
        blocks = ("snapshot", "down1", "down2", "down3", "up3", "up2", "up1")
        for block, iteration in wanted:
            if block not in blocks:
                raise ConfigError(f"no block {block!r}; choose one of {', '.join(blocks[1:])}")
            at_least(f"{block} iteration", iteration, 1)

    @property
    def passes(self) -> int:
        """Forward passes of each run: ``iterations``, or more where a later one is to be kept."""
        kept = (*self.snapshots, *(iteration for _, iteration in self.features))
        return max(self.iterations, *kept, 1)


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
    """

    every: int = 1
    limit: int = 0
    workers: int = 1

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"fast": {}}

    def __post_init__(self) -> None:
        at_least("every", self.every, 1)
        at_least("limit", self.limit, 0)
        at_least("workers", self.workers, 1)


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
