"""How an image is divided into many classes: the configuration and its presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from segprior.checks import at_least, from_zero, of_kind, one_of, positive
from segprior.config import Presets, PriorConfig
from segprior.errors import ConfigError

__all__ = ["SegmentConfig"]

_CHOICES = {
    "method": ("backprop", "continuity", "dynamic"),
    "superpixels": ("prior", "image", "none"),
    "initial": ("normal", "uniform"),
    "weighting": ("scf", "fsf"),
}


@dataclass(frozen=True, kw_only=True)
class SegmentConfig(Presets):
    """How an image is divided into classes, their number unknown.

    The preset ``published`` holds the numbers of the DSP publication; ``fast``, the default, was
    chosen by measurement (``docs/segment.md``).

    Parameters
    ----------
    prior : PriorConfig
        How the prior is fitted, where superpixels are taken from one.
    method : {"backprop", "continuity", "dynamic"}
        Clustering by backpropagation with superpixels; the same with a continuity loss in their
        place; or with one whose weight follows the number of labels.
    superpixels : {"prior", "image", "none"}
        What the superpixels of ``backprop`` are found on.
    n_superpixels : int
        About how many superpixels.
    compactness : float
        How much nearness counts against colour in a superpixel; images of another number of
        channels than three take a hundredth of it.
    working_size : int or None
        Longest side, in pixels, at which the image is clustered; a larger one is reduced to it.
        None clusters at full size.
    channels : int
        Channels of the network, which are the most classes that there can be.
    blocks : int
        3×3 convolutions of the network.
    initial : {"normal", "uniform"}
        Weights drawn as in the DSP publication, or as PyTorch draws them.
    iterations : int
        Updates at most, after the warm-up.
    learning_rate : float
        Step of the gradient descent.
    momentum : float
        Its momentum, in [0, 1).
    warmup : int
        Updates before the others, with a rising rate and no momentum; 0 is none.
    restarts : bool
        Let the rate fall along half a cosine over 2, 4, 8, … iterations and start again.
    min_classes : int
        The fit comes to an end once no more labels than this are left.
    max_classes : int or None
        Join the most similar classes until no more than this are left.
    classes : int or None
        Exactly so many classes, in place of the two above.
    settle : int
        Iterations to go on for after the smallest number of classes was reached.
    continuity : float
        Weight of the differences between neighbours in ``continuity``.
    weighting : {"scf", "fsf"}
        That weight in ``dynamic``: 50 / n or n / 15, with n the number of labels.
    scribble_weight : float
        Weight of the pixels marked by scribbles.
    connected : bool
        Make each connected piece a label of its own.
    min_size : int
        Connected pieces smaller than this many pixels go to their most similar neighbour; 0 keeps
        all.
    """

    prior: PriorConfig = field(default_factory=PriorConfig)
    method: Literal["backprop", "continuity", "dynamic"] = "backprop"
    superpixels: Literal["prior", "image", "none"] = "prior"
    n_superpixels: int = 1100
    compactness: float = 100.0
    working_size: int | None = 160
    channels: int = 100
    blocks: int = 2
    initial: Literal["normal", "uniform"] = "normal"
    iterations: int = 30
    learning_rate: float = 0.1
    momentum: float = 0.9
    warmup: int = 0
    restarts: bool = False
    min_classes: int = 3
    max_classes: int | None = None
    classes: int | None = None
    settle: int = 50
    continuity: float = 5.0
    weighting: Literal["scf", "fsf"] = "scf"
    scribble_weight: float = 0.5
    connected: bool = False
    min_size: int = 0

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "fast": {},
        "published": {
            "prior": PriorConfig(
                members=10, iterations=101, working_size=None, shared_noise=True, median="lower"
            ),
            "n_superpixels": 10_000,
            "working_size": None,
            "iterations": 1000,
            "warmup": 100,
        },
    }

    def __post_init__(self) -> None:
        of_kind("prior", self.prior, PriorConfig)
        for name, choices in _CHOICES.items():
            one_of(name, getattr(self, name), choices)
        for name, least in _LEAST.items():
            value = getattr(self, name)
            optional = name in ("working_size", "max_classes", "classes")
            if not (optional and value is None):
                at_least(name, value, least)
        for name in ("compactness", "learning_rate", "scribble_weight"):
            positive(name, getattr(self, name))
        for name in ("continuity", "momentum"):
            from_zero(name, getattr(self, name))
        if self.momentum >= 1:
            raise ConfigError(f"got momentum={self.momentum!r}; pass a number below 1")
        for name in ("min_classes", "max_classes", "classes"):
            value = getattr(self, name)
            if value is not None and value > self.channels:
                raise ConfigError(
                    f"got {name}={value} with channels={self.channels}; pass at least as many "
                    "channels as classes"
                )
        most = self.min_classes if self.max_classes is None else self.max_classes
        if self.classes is None and most < self.min_classes:
            raise ConfigError(
                f"got max_classes={most} below min_classes={self.min_classes}; "
                "lower min_classes too"
            )


_LEAST = {
    "n_superpixels": 1,
    "working_size": 16,
    "channels": 2,
    "blocks": 1,
    "iterations": 1,
    "warmup": 0,
    "min_classes": 1,
    "max_classes": 1,
    "classes": 1,
    "settle": 0,
    "min_size": 0,
}
