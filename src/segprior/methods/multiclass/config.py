"""How an image is divided into many classes: the configuration and its presets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from segprior.config.checks import at_least, from_zero, of_kind, one_of, positive, zero_to_one
from segprior.config.presets import Presets
from segprior.config.prior import PriorConfig
from segprior.errors import ConfigError

__all__ = ["SegmentConfig", "hidden_features"]

_CHOICES = {
    "method": ("hierarchy", "backprop", "continuity", "dynamic"),
    "edges": ("auto", "prior", "image"),
    "superpixels": ("prior", "image", "none"),
    "initial": ("normal", "uniform"),
    "weighting": ("scf", "fsf"),
}


@dataclass(frozen=True, kw_only=True)
class SegmentConfig(Presets):
    """How an image is divided into classes, their number unknown.

    The preset ``fast``, the default, merges regions (``docs/quality.md``); ``backprop`` trains a
    network, with numbers chosen by measurement (``docs/segment.md``), and ``published`` with those
    of the DSP publication.

    Parameters
    ----------
    prior : PriorConfig
        How the prior is fitted, where one is used. A hierarchy adds the hidden features that it
        needs.
    method : {"hierarchy", "backprop", "continuity", "dynamic"}
        Merging of regions; clustering by backpropagation with superpixels; the same with a
        continuity loss in their place; or with one whose weight follows the number of labels.
    coarseness : float
        Level of the ``hierarchy``, from 0, about 100 segments on a photograph, to 1, about 25; 0.5
        is about 50.
    edges : {"auto", "prior", "image"}
        Whether the ``hierarchy`` looks for edges in the prior's hidden features too, or in the
        image alone; ``auto`` takes the prior where the image is noisy or one is brought along.
    superpixels : {"prior", "image", "none"}
        What the superpixels of ``backprop`` are found on.
    n_superpixels : int
        About how many superpixels.
    compactness : float
        How much nearness counts against colour in a superpixel; images of another number of
        channels than three take a hundredth of it.
    working_size : int or None
        Longest side, in pixels, at which the image is divided; a larger one is reduced to it.
        None works at full size.
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
        The fit of a network comes to an end once no more labels than this are left; a hierarchy
        is cut into no fewer segments.
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

    prior: PriorConfig = field(
        default_factory=lambda: PriorConfig(members=4, iterations=50, working_size=320)
    )
    method: Literal["hierarchy", "backprop", "continuity", "dynamic"] = "hierarchy"
    coarseness: float = 0.5
    edges: Literal["auto", "prior", "image"] = "auto"
    superpixels: Literal["prior", "image", "none"] = "prior"
    n_superpixels: int = 1100
    compactness: float = 100.0
    working_size: int | None = 480
    channels: int = 100
    blocks: int = 2
    initial: Literal["normal", "uniform"] = "normal"
    iterations: int = 30
    learning_rate: float = 0.1
    momentum: float = 0.9
    warmup: int = 0
    restarts: bool = False
    min_classes: int = 1
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
        "backprop": {
            "method": "backprop",
            "prior": PriorConfig(),
            "working_size": 160,
            "min_classes": 3,
        },
        "published": {
            "method": "backprop",
            "prior": PriorConfig(
                members=10, iterations=101, working_size=None, shared_noise=True, median="lower"
            ),
            "n_superpixels": 10_000,
            "working_size": None,
            "iterations": 1000,
            "warmup": 100,
            "min_classes": 3,
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
        zero_to_one("coarseness", self.coarseness)
        self._check_method()
        for name in ("min_classes", "max_classes", "classes"):
            value = getattr(self, name)
            if self.trains and value is not None and value > self.channels:
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
        if self.needs_features:
            wanted = (*self.prior.features, *hidden_features(self.prior))
            prior = self.prior.replace(features=tuple(dict.fromkeys(wanted)))
            object.__setattr__(self, "prior", prior)

    def _check_method(self) -> None:
        """Refuse options that have no use with the method."""
        unused, cure = (
            (_HIERARCHY, "is no hierarchy; pass method='hierarchy', or leave it out")
            if self.trains
            else (_NETWORK, "trains no network; pass preset='backprop', or leave it out")
        )
        for f in dataclasses.fields(self):
            if f.name in unused and getattr(self, f.name) != f.default:
                raise ConfigError(
                    f"got {f.name}={getattr(self, f.name)!r} with method={self.method!r}, which "
                    f"{cure}"
                )

    @property
    def trains(self) -> bool:
        """Whether the method trains a network."""
        return self.method != "hierarchy"

    @property
    def needs_features(self) -> bool:
        """Whether hidden features of a prior may be used."""
        return self.method == "hierarchy" and self.edges != "image"

    @property
    def fits_prior(self) -> bool:
        """Whether a prior is used whatever the image."""
        return self.needs_prior and (self.trains or self.edges == "prior")

    @property
    def needs_prior(self) -> bool:
        """Whether a prior may be used."""
        on_prior = self.method == "backprop" and self.superpixels == "prior"
        return self.needs_features or on_prior

    @classmethod
    def start(cls, given: Mapping[str, Any], *, scribbles: bool = False) -> str:
        """Choose the preset where none was named.

        Parameters
        ----------
        given : mapping of str to object
            The options that were.
        scribbles : bool
            Whether there are scribbles.

        Returns
        -------
        str
            ``"backprop"`` with scribbles, which are marks for a network, or another method than
            ``hierarchy``; otherwise ``"fast"``.
        """
        method = given.get("method", "backprop" if scribbles else "hierarchy")
        return "fast" if method == "hierarchy" else "backprop"


def hidden_features(prior: PriorConfig) -> tuple[tuple[str, int], ...]:
    """The hidden features that a hierarchy takes from a prior fitted like this."""
    return tuple((block, prior.iterations) for block in _BLOCKS)


_BLOCKS = ("up2", "up3")
_HIERARCHY = ("coarseness", "edges")
_NETWORK = (
    "superpixels",
    "n_superpixels",
    "compactness",
    "channels",
    "blocks",
    "initial",
    "iterations",
    "learning_rate",
    "momentum",
    "warmup",
    "restarts",
    "settle",
    "continuity",
    "weighting",
    "scribble_weight",
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
