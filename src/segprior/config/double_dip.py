"""The defaults of Double-DIP and its presets; the sister of :mod:`segprior.config.presets`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from segprior.config.checks import at_least, from_zero, one_of, positive
from segprior.config.presets import Presets
from segprior.errors import ConfigError
from segprior.messages import Setting

__all__ = ["DoubleDipConfig"]


@dataclass(frozen=True, kw_only=True)
class DoubleDipConfig(Presets):
    """How an image is taken apart into a foreground, a background and a mask.

    The preset ``published`` holds the numbers of the DSP publication, ``original`` those of
    Double-DIP itself; ``fast`` is the default.

    Parameters
    ----------
    hint : {"mask", "saliency"}
        What says roughly where the foreground is when no hint is given: the mask of
        :func:`segprior.foreground`, or the most and the least salient pixels.
    hint_preset : {"fast", "dsp", "published"}
        Preset of the mask, and of the prior, that the hint is made from.
    saliency : {"background", "spectral"}
        Background connectivity (wCtr) or spectral residual.
    saliency_of : {"image", "prior"}
        What the saliency is measured on.
    salient_above : float
        Level, of 255, of the histogram-equalised saliency above which a pixel is foreground.
    salient_below : float
        Level up to which it is background; what lies between is in neither.
    first_iterations : int
        Length of step 1, in which layers and mask follow the hint.
    second_iterations : int
        Most iterations of step 2, in which the three together make the image.
    stage : int
        Iterations after which noise and push rise by one level; after ten of these levels the
        hint is let go.
    learning_rate : float
        Step of the Adam optimiser.
    noise_step : float
        Standard deviation of the noise that each level adds to the input.
    composed_weight : float
        Weight of the mean absolute error of the composed image in step 2.
    push_weight : float
        By how much each level pushes the mask to 0 or 1 in step 2.
    psnr_stop : float
        PSNR of the composed image, in dB, that ends step 2, unless step 1 has reached it.
    radius : int
        Radius of the guided filter that refines the mask, in pixels of the working size; 0
        leaves the mask as it is.
    eps : float
        Variance of the image, in [0, 1], below which the guided filter smooths.
    working_size : int or None
        Longest side, in pixels, at which the generators are fitted; a larger image is reduced to
        it. None fits at full size.
    snapshots : tuple of int
        Iterations, counted through both steps, whose mask and composed image are kept.
    """

    hint: Literal["mask", "saliency"] = "mask"
    hint_preset: Literal["fast", "dsp", "published"] = "fast"
    saliency: Literal["background", "spectral"] = "background"
    saliency_of: Literal["image", "prior"] = "image"
    salient_above: float = 239.5
    salient_below: float = 15.5
    first_iterations: int = 60
    second_iterations: int = 60
    stage: int = 12
    learning_rate: float = 0.005
    noise_step: float = 0.001
    composed_weight: float = 0.5
    push_weight: float = 0.001
    psnr_stop: float = 30.0
    radius: int = 16
    eps: float = 1e-4
    working_size: int | None = 128
    snapshots: tuple[int, ...] = ()

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "fast": {},
        "published": {
            "hint_preset": "published",
            "first_iterations": 500,
            "second_iterations": 500,
            "stage": 100,
            "learning_rate": 0.001,
            "radius": 50,
            "working_size": None,
        },
        "original": {
            "hint": "saliency",
            "hint_preset": "published",
            "first_iterations": 2000,
            "second_iterations": 4000,
            "stage": 100,
            "learning_rate": 0.001,
            "radius": 50,
            "working_size": None,
        },
    }

    def __post_init__(self) -> None:
        for name, words in (
            ("hint", ("mask", "saliency")),
            ("hint_preset", ("fast", "dsp", "published")),
            ("saliency", ("background", "spectral")),
            ("saliency_of", ("image", "prior")),
        ):
            one_of(name, getattr(self, name), words)
        for name in ("first_iterations", "second_iterations", "stage"):
            at_least(name, getattr(self, name), 1)
        for name in ("learning_rate", "psnr_stop", "eps"):
            positive(name, getattr(self, name))
        for name in ("noise_step", "composed_weight", "push_weight"):
            from_zero(name, getattr(self, name))
        at_least("radius", self.radius, 0)
        if not 0 <= self.salient_below < self.salient_above < 255:
            raise ConfigError(
                " and ",
                Setting("salient_above", self.salient_above),
                option="salient_below",
                got=self.salient_below,
                cure="pass levels in that order, from 0 to 255",
            )
        if self.working_size is not None:
            at_least("working_size", self.working_size, 16)
        object.__setattr__(self, "snapshots", tuple(sorted(set(self.snapshots))))
        for iteration in self.snapshots:
            at_least("snapshot iteration", iteration, 1)
        last = self.first_iterations + self.second_iterations
        if self.snapshots and self.snapshots[-1] > last:
            raise ConfigError(
                f"got a snapshot at iteration {self.snapshots[-1]}; the two steps have {last}"
            )
