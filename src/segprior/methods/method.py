"""What a method is: a name, options, and a function from an image to what it finds there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from segprior.callbacks import Callback
from segprior.config.presets import Presets
from segprior.config.prior import PriorConfig

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from segprior.image.pyramid import Pyramid
    from segprior.prior.prior import Prior
    from segprior.tiling.model import Fitting, TileModel

__all__ = ["Context", "Kind", "Method", "Need", "Tiles"]

Kind = Literal["regions", "foreground"]
Need = Literal["never", "optional", "always"]


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a method is told beside the image and its own options.

    Attributes
    ----------
    config : SegmentConfig or ForegroundConfig
        All options, those that methods share among them.
    seed : int
    device : str
        Where to compute.
    callback : callable or None
        Told of each iteration.
    prior : Prior or None
        Of this image, if one was brought along, or fitted for a mask.
    marks : ndarray of int64, shape (H, W), or None
        Scribbles, 0 where there are none; only for methods that take them.
    """

    config: Any
    seed: int
    device: str = "auto"
    callback: Callback | None = None
    prior: Prior | None = None
    marks: NDArray[np.int64] | None = None

    def fit_prior(self, image: Pyramid) -> Prior:
        """Return the prior that was brought along, or fit one as the configuration says."""
        from segprior.prior.prior import fit

        if self.prior is not None:
            return self.prior
        return fit(
            image, self.config.prior, seed=self.seed, device=self.device, callback=self.callback
        )


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """How a method works on an image that is too large for memory.

    Attributes
    ----------
    fit : callable
        ``fit(fitting, config)`` decides what there is to decide for the image as a whole.
    cost : callable
        ``cost(config, channels)`` estimates bytes per pixel of a tile at work and of a sampled
        one, and the number of maps that are blended.
    """

    fit: Callable[[Fitting, Any], TileModel]
    cost: Callable[[Any, int], tuple[int, int, int]]


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to find foreground or regions; see ``docs/adding-a-method.md``.

    Attributes
    ----------
    name : str
        What users write.
    kind : {"regions", "foreground"}
        What it finds: a label map, for ``segment``, or a mask, for ``foreground``.
    config : type
        Its options, a frozen dataclass in which each has a default, of the type bool, int, float,
        str, ``Literal``, ``int | None`` or ``tuple[int, ...]``; no name may be one that all methods
        share.
    run : callable
        ``run(image, options, context)``, from a :class:`segprior.image.pyramid.Pyramid` that is not
        of one colour to :class:`segprior.methods.multiclass.classes.Classes` or
        :class:`segprior.methods.foreground.decision.Decision`.
    title : str
        What it is called in sentences, if not by its name.
    summary : str
        What it does, in a few words, for the help.
    prior : {"never", "optional", "always"}, or callable
        Whether it uses the prior of the image, or a function of its options that says so.
    prior_option : str
        Which of its options decides that, if one does.
    features : callable or None
        From the configuration of a prior to the hidden features that it must have kept.
    tiles : Tiles or None
        How it works in tiles. Without, it works on the image reduced, and labels are enlarged.
    scribbles : bool
        Whether it takes marks of a user.
    start : str
        The preset that settings start from where only the method is named.
    presets : mapping of str to mapping
        Presets that come with it, each with options by name.
    check : callable or None
        Refuses a configuration whose options do not fit together.
    lack : str
        What methods without its options do not do, for the error of one who asks them for it:
        "trains no network".
    blank : mapping of str to float
        The evidence of an image of one colour, which ``run`` is not asked about.
    """

    name: str
    kind: Kind
    config: type[Presets]
    run: Callable[[Pyramid, Any, Context], Any]
    title: str = ""
    summary: str = ""
    prior: Need | Callable[[Any], Need] = "never"
    prior_option: str = ""
    features: Callable[[PriorConfig], tuple[tuple[str, int], ...]] | None = None
    tiles: Tiles | None = None
    scribbles: bool = False
    start: str = "fast"
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    check: Callable[[Any], None] | None = None
    lack: str = ""
    blank: Mapping[str, float] = field(default_factory=lambda: {"found": 1.0})

    def need(self, options: Presets) -> Need:
        """Whether the prior is used, with these options."""
        return self.prior(options) if callable(self.prior) else self.prior
