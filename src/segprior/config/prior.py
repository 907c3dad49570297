"""How a prior is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from segprior.config.checks import at_least, one_of, positive
from segprior.config.presets import Presets
from segprior.errors import ConfigError

__all__ = ["PriorConfig"]


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
