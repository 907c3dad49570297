"""The seven figures of the DSP publication, drawn from what a studio fits."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from segprior.analysis.plots import plot_grid, plot_spectra
from segprior.analysis.spectrum import low_pass, power_spectrum
from segprior.analysis.stability import window_masks
from segprior.callbacks import Callback
from segprior.config.analysis import ReproduceConfig
from segprior.config.double_dip import DoubleDipConfig
from segprior.image.pyramid import Pyramid
from segprior.image.resize import resize
from segprior.methods.foreground.api import find_foreground
from segprior.methods.foreground.config import ForegroundConfig
from segprior.prior.prior import Prior, fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.methods.double_dip.result import DoubleDip
    from segprior.result import Segmentation

__all__ = ["FIGURES", "PUBLISHED", "SAMPLES", "Figure", "Studio"]

PUBLISHED: Mapping[str, tuple[str, ...]] = {
    "figure1": ("bizon", "soldiers_paper", "tower_paper"),
    "figure2": ("palace_paper", "black_eagle", "bird", "bizon", "tower_paper", "giraff"),
    "figure3": ("bird", "bizon", "soldiers_paper", "bear"),
    "figure4": ("old_ladies", "belltower", "bird_on_wire", "ferris_wheel"),
    "figure5": ("palace_paper",),
    "figure6": ("soldiers_paper",),
    "figure7": ("bird",),
}

# The same figures on images that come with scikit-image.
SAMPLES: Mapping[str, tuple[str, ...]] = {
    "figure1": ("astronaut", "coffee", "chelsea"),
    "figure2": ("rocket", "coffee", "chelsea", "astronaut", "cell", "retina"),
    "figure3": ("rocket", "coffee", "astronaut", "chelsea"),
    "figure4": ("coffee", "chelsea", "rocket", "retina"),
    "figure5": ("astronaut",),
    "figure6": ("chelsea",),
    "figure7": ("rocket",),
}

_EPOCHS = (10, 20, 30, 40, 50)
_WINDOWS = (1, 3, 5)
_CUTOFF = 0.1
# Of the guided filter, at the size of the image: as published, and a variant of it.
_WIDE, _NARROW = 50, 7


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure and the words to it.

    Attributes
    ----------
    png : bytes
        The picture.
    caption : str
        What it shows.
    """

    png: bytes
    caption: str


class Studio:
    """Fits what figures need, each prior once.

    Parameters
    ----------
    load : callable
        Gives the image of a name, float32 of shape (H, W, C).
    names : mapping of str to tuple of str
        The images of each figure, as in `PUBLISHED`.
    config : ReproduceConfig
        How.
    seed : int
        Of everything.
    device : str
        Where to fit.
    callback : callable, optional
        See :mod:`segprior.callbacks`.
    """

    def __init__(
        self,
        load: Callable[[str], NDArray[np.float32]],
        names: Mapping[str, tuple[str, ...]],
        config: ReproduceConfig,
        *,
        seed: int = 0,
        device: str = "auto",
        callback: Callback | None = None,
    ) -> None:
        self.names = names
        self.config = config
        self.seed = seed
        self._load = load
        self._fitting: dict[str, Any] = {"seed": seed, "device": device, "callback": callback}
        self._images: dict[str, Pyramid] = {}
        self._priors: dict[str, Prior] = {}

    def image(self, name: str) -> NDArray[np.float32]:
        """The image of that name, (H, W, C)."""
        return self._pyramid(name).full

    def _pyramid(self, name: str) -> Pyramid:
        if name not in self._images:
            self._images[name] = Pyramid(self._load(name))
        return self._images[name]

    def prior(self, name: str) -> Prior:
        """Its prior, with snapshots if figure 1 shows them."""
        if name not in self._priors:
            config = self.config.prior
            if name in self.names["figure1"]:
                config = config.replace(snapshots=_EPOCHS)
            self._priors[name] = fit(self._pyramid(name), config, **self._fitting)
        return self._priors[name]

    def mask(self, name: str) -> Segmentation:
        """The mask of its prior."""
        config = ForegroundConfig.preset("dsp", window=self.config.window)
        return find_foreground(self._pyramid(name), config, prior=self.prior(name), seed=self.seed)

    def double_dip(self, name: str, hint: Any) -> DoubleDip:
        """The image taken apart, starting from a hint; the mask is not refined yet."""
        from segprior.methods.double_dip.api import take_apart

        return take_apart(self._pyramid(name), hint, self.double_dip_config(), **self._fitting)

    def double_dip_config(self) -> DoubleDipConfig:
        """How images are taken apart."""
        return DoubleDipConfig.preset(
            self.config.double_dip, working_size=self.config.double_dip_size, radius=0
        )

    def refined(self, found: DoubleDip, radius: int) -> NDArray[np.bool_]:
        """Its mask, refined by the guided filter and cut at 1/2.

        ``radius`` is in pixels of the image; the filter works at the working size.
        """
        from segprior.image.guided_filter import guided_filter

        soft = found.fitted["mask"]
        scale = max(soft.shape) / max(found.image.shape[:2])
        radius = max(1, round(radius * scale))
        refined: NDArray[np.bool_] = (
            guided_filter(found.image, soft, radius=radius, eps=found.config.eps) > 0.5
        )
        return refined


def _epochs(studio: Studio) -> Figure:
    names = studio.names["figure1"]
    rows = []
    for name in names:
        prior = studio.prior(name)
        shots = {f"iteration {at}": prior.snapshots[at] for at in _EPOCHS}
        rows.append({text: resize(shot, prior.shape[:2]) for text, shot in shots.items()})
    return Figure(
        png=plot_grid(rows, labels=[_title(name) for name in names], panel=2.0),
        caption="The prior over its iterations (“epochs”): large smooth structures come first, "
        "texture has not come yet.",
    )


def _masks(studio: Studio) -> Figure:
    names = studio.names["figure2"]
    rows = [
        {
            "image": studio.image(name),
            "prior": studio.prior(name).image,
            "mask": studio.mask(name).labels > 0,
        }
        for name in names
    ]
    return Figure(
        png=plot_grid(rows, labels=[_title(name) for name in names]),
        caption="Image, prior, and the mask that K-means finds on the prior. Which of the two "
        "clusters is white is decided by where they lie.",
    )


def _priors(studio: Studio) -> Figure:
    names = studio.names["figure3"]
    rows = [{"image": studio.image(n), "prior": studio.prior(n).image} for n in names]
    return Figure(
        png=plot_grid(rows, labels=[_title(name) for name in names], panel=3.2),
        caption="Image and prior: the texture is gone, the objects remain.",
    )


def _hinted(studio: Studio) -> Figure:
    names = studio.names["figure4"]
    rows = []
    for name in names:
        found = studio.mask(name)
        apart = studio.double_dip(name, found)
        rows.append(
            {
                "image": studio.image(name),
                "prior": studio.prior(name).image,
                "mask of the prior": found.labels > 0,
                f"Double-DIP, {apart.psnr:.1f} dB": studio.refined(apart, _WIDE),
            }
        )
    return Figure(
        png=plot_grid(rows, labels=[_title(name) for name in names]),
        caption="Image, prior, mask of the prior, and the mask of Double-DIP that takes that mask "
        f"for its hint, refined by a guided filter of radius {_WIDE}.",
    )


def _windows(studio: Studio) -> Figure:
    (name,) = studio.names["figure5"]
    image, prior = studio.image(name), studio.prior(name)
    rows: list[dict[str, NDArray[Any]]] = []
    for source, last in ((None, image), (prior, prior.image)):
        masks = window_masks(image, _WINDOWS, rng=studio.seed, prior=source)
        row: dict[str, NDArray[Any]] = {f"window {w}": mask for w, mask in masks.items()}
        rows.append(row | {"image" if source is None else "prior": last})
    return Figure(
        png=plot_grid(rows, labels=("of the image", "of the prior")),
        caption="Masks by the window that describes a pixel, of the image (above) and of the prior "
        "(below), with what they were made of at the right.",
    )


def _spectra(studio: Studio) -> Figure:
    (name,) = studio.names["figure6"]
    prior = studio.prior(name).fitted
    image = resize(studio.image(name), (prior.shape[0], prior.shape[1]))
    pictures = {"image": image, "prior": prior, "low-pass": low_pass(image, _CUTOFF)}
    return Figure(
        png=plot_spectra(
            pictures,
            {text: power_spectrum(picture) for text, picture in pictures.items()},
            cutoff=_CUTOFF,
        ),
        caption="Power by spatial frequency of the image, the prior and a low-pass filter that "
        f"keeps what is below {_CUTOFF:g} cycles per pixel on each axis (dotted).",
    )


def _hints(studio: Studio) -> Figure:
    from segprior.features.saliency import background_saliency
    from segprior.methods.double_dip.api import make_hint
    from segprior.methods.double_dip.hints import hint_picture

    (name,) = studio.names["figure7"]
    image, found = studio.image(name), studio.mask(name)
    saliency = background_saliency(image)
    config = dataclasses.replace(studio.double_dip_config(), hint="saliency")
    hint = make_hint(Pyramid(image), config, seed=studio.seed)
    rows: list[dict[str, NDArray[Any]]] = []
    for first, start in (
        ({"prior": studio.prior(name).image, "hint: its mask": found.labels > 0}, found),
        ({"saliency": saliency / (saliency.max() or 1), "hint": hint_picture(hint)}, hint),
    ):
        apart = studio.double_dip(name, start)
        rows.append(
            {
                "image": image,
                **first,
                f"Double-DIP, radius {_WIDE}": studio.refined(apart, _WIDE),
                f"Double-DIP, radius {_NARROW}": studio.refined(apart, _NARROW),
            }
        )
    return Figure(
        png=plot_grid(rows, labels=("from the prior", "from saliency"), panel=2.2),
        caption="Two hints. Above: image, prior, its mask, and the masks of Double-DIP from it. "
        "Below: image, saliency (background connectivity), the hint made of its extremes (white "
        "foreground, black background, grey unknown), and the masks of Double-DIP from that. The "
        f"guided filter has the published radius of {_WIDE} and one of {_NARROW}.",
    )


FIGURES: Mapping[str, Callable[[Studio], Figure]] = {
    "figure1": _epochs,
    "figure2": _masks,
    "figure3": _priors,
    "figure4": _hinted,
    "figure5": _windows,
    "figure6": _spectra,
    "figure7": _hints,
}


def _title(name: str) -> str:
    return name.removesuffix("_paper").replace("_", " ")
